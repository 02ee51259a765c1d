/**
 * Small moving pictures for the first page. Each look paints one frame:
 * look(context, width, height, { time, pulse, energy, colors }), with `pulse` 1 on the beat, falling to 0.
 */

const TURN = 2 * Math.PI;

/** A fixed number between 0 and 1 for each index. */
export function scatter(index) {
  const wild = Math.sin(index * 127.1 + 11.7) * 43758.5453;
  return wild - Math.floor(wild);
}

function ground(context, width, height, [top, bottom]) {
  const gradient = context.createLinearGradient(0, 0, 0, height);
  gradient.addColorStop(0, top);
  gradient.addColorStop(1, bottom);
  context.fillStyle = gradient;
  context.fillRect(0, 0, width, height);
}

/** Folds of silk: lines that lie over each other. */
export function silk(context, width, height, { time, pulse, energy, colors }) {
  ground(context, width, height, [colors.deep, colors.dark]);
  context.lineWidth = Math.max(1, height / 260);
  for (let line = 0; line < 34; line += 1) {
    const share = line / 33;
    context.strokeStyle = share < 0.5 ? colors.first : colors.second;
    context.globalAlpha = 0.2 + 0.7 * Math.sin(Math.PI * share) ** 2;
    context.beginPath();
    for (let step = 0; step <= 72; step += 1) {
      const u = step / 72;
      const fold = Math.sin(u * 5 + time * 0.7 + share * 3.1) + 0.5 * Math.sin(u * 11 - time * 0.9 + share * 5);
      const y = height * (0.5 + (share - 0.5) * (0.75 + 0.15 * pulse) + fold * (0.07 + 0.06 * energy));
      context.lineTo(u * width, y);
    }
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** A sun over a road that runs to the horizon. */
export function horizon(context, width, height, { time, pulse, colors }) {
  const line = height * 0.62;
  ground(context, width, height, [colors.deep, colors.dark]);
  const radius = height * (0.25 + 0.012 * pulse);
  const sun = context.createLinearGradient(0, line - radius * 1.5, 0, line);
  sun.addColorStop(0, colors.second);
  sun.addColorStop(1, colors.first);
  context.fillStyle = sun;
  context.beginPath();
  context.arc(width / 2, line - radius * 0.42, radius, 0, TURN);
  context.fill();
  context.fillStyle = colors.dark;
  for (let slit = 0; slit < 5; slit += 1) {
    context.fillRect(0, line - radius * (0.08 + slit * 0.17), width, height * (0.016 - slit * 0.0024));
  }
  ridge(context, width, line, height, colors);
  context.fillRect(0, line, width, height - line);
  road(context, width, height, line, time, colors);
}

function ridge(context, width, line, height, colors) {
  context.fillStyle = colors.dark;
  context.beginPath();
  context.moveTo(0, line);
  for (let step = 0; step <= 40; step += 1) {
    const away = Math.abs(step - 20) / 20;
    context.lineTo((step / 40) * width, line - height * (0.02 + 0.16 * away * scatter(step)));
  }
  context.lineTo(width, line);
  context.fill();
}

function road(context, width, height, line, time, colors) {
  context.strokeStyle = colors.second;
  context.lineWidth = Math.max(1, height / 420);
  context.globalAlpha = 0.75;
  context.beginPath();
  for (let lane = -14; lane <= 14; lane += 1) {
    context.moveTo(width / 2 + lane * width * 0.03, line);
    context.lineTo(width / 2 + lane * width * 0.22, height);
  }
  for (let row = 0; row < 9; row += 1) {
    const depth = (row + ((time * 1.2) % 1)) / 9;
    const y = line + (height - line) * depth ** 2.2;
    context.moveTo(0, y);
    context.lineTo(width, y);
  }
  context.stroke();
  context.globalAlpha = 1;
}

/** Arcs of light around one point. */
export function rings(context, width, height, { time, pulse, energy, colors }) {
  ground(context, width, height, [colors.dark, colors.deep]);
  context.lineCap = "round";
  for (let ring = 0; ring < 13; ring += 1) {
    const radius = height * (0.07 + ring * 0.048 * (1 + 0.07 * pulse));
    const from = time * (0.22 + 0.5 * scatter(ring)) * (ring % 2 ? 1 : -1) + ring;
    context.strokeStyle = ring % 3 ? colors.first : colors.second;
    context.globalAlpha = 0.28 + 0.62 * scatter(ring + 40);
    context.lineWidth = height * (0.007 + 0.013 * scatter(ring + 80) * (0.6 + energy));
    context.beginPath();
    context.arc(width / 2, height / 2, radius, from, from + TURN * (0.25 + 0.55 * scatter(ring + 20)));
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** Towers at night; their lights are the spectrum. */
export function skyline(context, width, height, { time, pulse, energy, colors }) {
  ground(context, width, height, [colors.deep, colors.first]);
  for (let layer = 0; layer < 3; layer += 1) {
    const count = 12 + layer * 5;
    const wide = width / count;
    context.globalAlpha = 0.5 + 0.25 * layer;
    for (let tower = -1; tower <= count; tower += 1) {
      const id = tower + layer * 50;
      const tall = height * (0.18 + 0.46 * scatter(id) * (1 - layer * 0.22));
      const x = tower * wide + (time * (4 + layer * 7)) % wide - wide;
      context.fillStyle = colors.dark;
      context.fillRect(x, height - tall, wide * 0.86, tall);
      if (layer === 2) windows(context, x, height - tall, wide * 0.86, tall, id, { pulse, energy, colors });
    }
  }
  context.globalAlpha = 1;
}

function windows(context, x, top, wide, tall, id, { pulse, energy, colors }) {
  context.fillStyle = colors.second;
  const size = wide / 9;
  for (let row = 0; row * size * 2 < tall - size * 2; row += 1) {
    for (let column = 0; column < 4; column += 1) {
      if (scatter(id * 31 + row * 7 + column) > 0.3 + 0.3 * energy + 0.08 * pulse) continue;
      context.fillRect(x + size * (1 + column * 2), top + size * (1 + row * 2), size, size * 1.1);
    }
  }
}

/** Hills in mist and a slow rain of light. */
export function hills(context, width, height, { time, energy, colors }) {
  ground(context, width, height, [colors.second, colors.deep]);
  for (let layer = 0; layer < 6; layer += 1) {
    context.globalAlpha = 0.42 + layer * 0.1;
    context.fillStyle = layer < 3 ? colors.first : layer < 5 ? colors.deep : colors.dark;
    context.beginPath();
    context.moveTo(0, height);
    for (let step = 0; step <= 60; step += 1) {
      const u = step / 60;
      const wave = Math.sin(u * (3 + layer) + layer * 2.3 + time * 0.06 * (layer + 1)) + 0.4 * Math.sin(u * 9 + layer * 5);
      context.lineTo(u * width, height * (0.34 + layer * 0.115 - 0.06 * wave));
    }
    context.lineTo(width, height);
    context.fill();
  }
  context.fillStyle = "#fff7ea";
  for (let drop = 0; drop < 60; drop += 1) {
    const fall = (scatter(drop) + time * 0.05 * (0.5 + scatter(drop + 9))) % 1;
    context.globalAlpha = (0.15 + 0.5 * energy) * scatter(drop + 5);
    context.fillRect(scatter(drop + 99) * width, fall * height, height / 220, height / 220);
  }
  context.globalAlpha = 1;
}
