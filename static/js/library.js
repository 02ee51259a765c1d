/** The library: sorting at once, and one question before any video is deleted. */

const dialog = document.getElementById("delete-any");

document.getElementById("sort")?.addEventListener("change", (event) => event.target.form.submit());

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-asks]");
  if (!link) return;
  event.preventDefault();
  dialog.querySelector("form").action = link.href;
  dialog.querySelector("[data-title-here]").textContent = link.dataset.title;
  dialog.showModal();
});
