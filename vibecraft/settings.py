"""All settings, read top to bottom. Nothing has to be set: the defaults run VibeCraft on one machine.

Every value from the environment is listed with its meaning in `.env.example`.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
import environ

from vibecraft.environment import Environment, is_web_address, names_in, origin_of
from vibecraft.logging import logging_config
from vibecraft.secrets import stored_secret

django_stubs_ext.monkeypatch()
BASE_DIR = Path(__file__).resolve().parent.parent
DOTENV = BASE_DIR / ".env"
environ.Env.read_env(DOTENV, overwrite=False)
env = Environment(os.environ)

# --- where things are kept -------------------------------------------------------------------
DATA_DIR = env.folder("VIBECRAFT_DATA", default=BASE_DIR / ".data")
MEDIA_ROOT = DATA_DIR / "media"
SCRATCH_DIR = DATA_DIR / "scratch"
# numba's cache is corrupted by two first-time writers; it has a folder of its own, warmed at set-up.
os.environ.setdefault("NUMBA_CACHE_DIR", str(DATA_DIR / "numba"))

# --- the basics ------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or stored_secret(DATA_DIR / "secret_key")
SITE_URL = env.address("SITE_URL", default="http://127.0.0.1:8000")
HTTPS = SITE_URL.startswith("https://")
# Where the web server listens, and whether `manage.py start` plays the AI models.
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000, at_least=1, at_most=65535)
STANDIN = env.bool("STANDIN", default=False)
SITE_HOST = urlsplit(SITE_URL).hostname or "127.0.0.1"
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=sorted({SITE_HOST, "127.0.0.1", "localhost", "[::1]"})
)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "vibecraft.urls"
WSGI_APPLICATION = "vibecraft.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

INSTALLED_APPS = [
    "vibecraft",
    "vibecraft.jobs",
    "vibecraft.predictions",
    "accounts",
    "songs",
    "videos",
    "vibecraft.control.apps.ControlConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "vibecraft.middleware.RequestId",
    "vibecraft.jobs.nothing_new.NothingNew",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "vibecraft.middleware.HostIsKnown",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "vibecraft.away.AwayIsSaid",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["vibecraft.templatetags.vibecraft"],
        },
    }
]

# --- database: SQLite beside the files, or PostgreSQL by DATABASE_URL --------------------------
DATABASES = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'vibecraft.sqlite3'}")
}
# What asks the database for longer than this is ended there; 0 for migrations of large tables.
STATEMENT_SECONDS = env.int("STATEMENT_SECONDS", default=10)
# What DATABASE_URL says after its "?" stands: an operator knows the server, and how it is reached.
DATABASE_GIVEN: dict[str, Any] = DATABASES["default"].get("OPTIONS", {})
# Opening a connection costs more than what a poll asks of it.
DATABASES["default"].setdefault("CONN_MAX_AGE", 60)
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock at BEGIN, so that a reader never has to upgrade its lock and fail.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    } | DATABASE_GIVEN
    # Tests use a file as well: a database in memory locks in another way than the real one.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "tests.sqlite3")}
else:
    DATABASES["default"].setdefault("CONN_HEALTH_CHECKS", True)
    DATABASE_LIMITS = (
        f"-c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout=5s"
        " -c idle_in_transaction_session_timeout=30s"
    )
    # Of two that say the same the server takes the last: STATEMENT_SECONDS is the one to set.
    DATABASES["default"]["OPTIONS"] = DATABASE_GIVEN | {
        "options": f"{DATABASE_GIVEN.get('options', '')} {DATABASE_LIMITS}".lstrip()
    }

# --- files -------------------------------------------------------------------------------------
STORAGE_BUCKET = env.str("STORAGE_BUCKET")
STORAGE_REGION = env.str("STORAGE_REGION", default="us-east-1")
STORAGE_ENDPOINT = env.address("STORAGE_ENDPOINT")
STORAGE_PUBLIC_ENDPOINT = env.address(
    "STORAGE_PUBLIC_ENDPOINT",
    default=STORAGE_ENDPOINT or f"https://s3.{STORAGE_REGION}.amazonaws.com",
)
STORAGE_ACCESS_KEY = env.str("STORAGE_ACCESS_KEY")
STORAGE_SECRET_KEY = env.str("STORAGE_SECRET_KEY")
# Browsers read and write in the bucket by addresses that are good for so long.
STORAGE_SECONDS = env.int("STORAGE_SECONDS", default=300, at_least=60, at_most=600)
FOLDER: dict[str, Any] = {
    "BACKEND": "vibecraft.disk.Disk",
    "OPTIONS": {"location": str(MEDIA_ROOT)},
}
BUCKET: dict[str, Any] = {
    "BACKEND": "vibecraft.bucket.Bucket",
    "OPTIONS": {
        "bucket_name": STORAGE_BUCKET,
        "region_name": STORAGE_REGION,
        "endpoint_url": STORAGE_ENDPOINT or None,
        "public_endpoint": STORAGE_PUBLIC_ENDPOINT,
        "access_key": STORAGE_ACCESS_KEY or None,
        "secret_key": STORAGE_SECRET_KEY or None,
        "seconds": STORAGE_SECONDS,
    },
}
STORAGES: dict[str, dict[str, Any]] = {
    "default": BUCKET if STORAGE_BUCKET else FOLDER,
    "staticfiles": {"BACKEND": "vibecraft.staticstore.HashedStaticFiles"},
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "static"]
FILE_UPLOAD_TEMP_DIR = str(SCRATCH_DIR)
FILE_UPLOAD_HANDLERS = [
    "vibecraft.uploads.LimitedUploadHandler",
    "vibecraft.uploads.ScratchUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
SCRATCH_DIR.mkdir(parents=True, exist_ok=True)

# --- limits that the user meets -----------------------------------------------------------------
UPLOAD_MAX_BYTES = 50 * 1024 * 1024
SONG_MAX_SECONDS = 300
SONG_MIN_SECONDS = 10
QUOTA_VIDEOS = env.int("QUOTA_VIDEOS", default=15)
PAID_STARTS_A_MINUTE = env.int("PAID_STARTS_A_MINUTE", default=5)
UPLOADS_A_MINUTE = env.int("UPLOADS_A_MINUTE", default=10)
USER_DAILY_USD = env.usd("USER_DAILY_USD")
SITE_DAILY_USD = env.usd("SITE_DAILY_USD")
QUOTA_STORAGE_BYTES = env.int("QUOTA_STORAGE_BYTES", default=5 * 1024**3)

# yt-dlp makes requests that nobody checks, so it is the operator's choice.
IMPORT_WITH_YT_DLP = env.bool("IMPORT_WITH_YT_DLP", default=False)

# --- work: Celery is the doorbell, the rows are the truth ---------------------------------------
CELERY_BROKER_URL: str = env.broker(
    "BROKER_URL", default=f"redis+socket://{DATA_DIR / 'run' / 'valkey.sock'}"
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False  # recovery is the sweeper's, and there is only one recovery
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50  # librosa and numba keep what they once allocated
CELERY_TASK_SOFT_TIME_LIMIT = 900
CELERY_TASK_TIME_LIMIT = 960
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
    # A sender gives up at once when the broker is away: the row is safe, the sweeper rings later.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
# How much of one machine each kind of process takes; 0: a process for each core.
WEB_PROCESSES = env.int("WEB_PROCESSES", default=2, at_least=1)
MEDIA_PROCESSES = env.int("MEDIA_PROCESSES", default=0)
# How far media work stands back where all cores are busy: from 0 (not at all) to 19.
MEDIA_NICENESS = env.int("MEDIA_NICENESS", default=10, at_most=19)
IO_THREADS = env.int("IO_THREADS", default=4, at_least=1)
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "run_analysis": {"queue": "media"},
    "make_take": {"queue": "media"},
    "run_generation": {"queue": "media"},
    "run_composition": {"queue": "media"},
    "make_still": {"queue": "media"},
    "run_lipsync": {"queue": "media"},
    "run_regeneration": {"queue": "media"},
    "run_reframing": {"queue": "media"},
    "run_music": {"queue": "media"},
    "run_lyrics": {"queue": "media"},
    "run_import": {"queue": "io"},
    "run_character": {"queue": "io"},
    "run_scenes": {"queue": "io"},
    "advance_prediction": {"queue": "io"},
    "ring_predictions": {"queue": "io"},
    "run_export": {"queue": "media"},
}
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=15.0)
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {"task": "sweep", "schedule": SWEEP_SECONDS}
}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "run" / "beat")
# A row that was rung for and not taken is rung for again after so long: the message was lost.
RING_AGAIN_SECONDS = env.int("RING_AGAIN_SECONDS", default=60, at_least=1)
LEASE_SECONDS = env.int("LEASE_SECONDS", default=90, at_least=1)
HEARTBEAT_SECONDS = env.int("HEARTBEAT_SECONDS", default=10, at_least=1)
FAILPOINTS_DIR = env.str("FAILPOINTS_DIR", default="")

# --- pictures, words and music from Replicate; without a token the visualizer does all --------------
REPLICATE_API_TOKEN = env.str("REPLICATE_API_TOKEN", default="")
REPLICATE_BASE_URL = env.address("REPLICATE_BASE_URL", default="https://api.replicate.com")
REPLICATE_WEBHOOK_SECRET = env.str("REPLICATE_WEBHOOK_SECRET", default="")
PUBLIC_URL = env.address("PUBLIC_URL")
VIDEO_MODEL = env.str("VIDEO_MODEL", default="seedance-1-pro-fast")
IMAGE_MODEL = env.str("IMAGE_MODEL", default="flux-schnell")
REFERENCE_IMAGE_MODEL = env.str("REFERENCE_IMAGE_MODEL", default="flux-kontext-pro")
LIPSYNC_MODEL = env.str("LIPSYNC_MODEL", default="lipsync-2")
SPEECH_MODEL = env.str("SPEECH_MODEL", default="whisperx")
MUSIC_MODEL = env.str("MUSIC_MODEL", default="stable-audio-2.5")
WORDS_MODEL = env.str("WORDS_MODEL", default="gpt-5-structured")
PREDICTIONS_AT_ONCE = env.int("PREDICTIONS_AT_ONCE", default=60)  # of one user
CREATIONS_PER_SECOND = env.float("CREATIONS_PER_SECOND", default=8.0)
CREATIONS_BURST = env.int("CREATIONS_BURST", default=40)
CREDIT_PATIENCE_SECONDS = env.int("CREDIT_PATIENCE_SECONDS", default=1800)
CREDIT_PAUSE_SECONDS = 300  # how long nothing is created after the service has said so
LOST_ANSWER_SECONDS = env.int("LOST_ANSWER_SECONDS", default=600)
POLL_TICK_SECONDS = env.float("POLL_TICK_SECONDS", default=1.0)
if REPLICATE_API_TOKEN:
    CELERY_BEAT_SCHEDULE["ring_predictions"] = {
        "task": "ring_predictions",
        "schedule": POLL_TICK_SECONDS,
        # One that was not taken in time says nothing that the next does not say.
        "options": {"expires": 10 * POLL_TICK_SECONDS},
    }

# --- accounts -----------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.guessing.CountedPasswords",
    # Of sessions alone: whatever comes with a password has ended above.
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "library"
LOGOUT_REDIRECT_URL = "home"
AXES_USERNAME_FORM_FIELD = "username"  # what authenticate() is called with
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = True
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "accounts.lockout.respond"
AXES_CLIENT_IP_CALLABLE = "vibecraft.visitors.address_of"

# --- the API ------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "vibecraft.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "vibecraft.problems.respond",
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=60),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "CHECK_REVOKE_TOKEN": True,  # tokens die with a change of the password
    "USER_ID_FIELD": "id",
    "UPDATE_LAST_LOGIN": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "VibeCraft",
    "DESCRIPTION": "Bring a song, leave with a finished music video.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/",
}

# --- browsers -----------------------------------------------------------------------------------
SELF = ["'self'"]
STORE = [origin_of(STORAGE_PUBLIC_ENDPOINT)] if STORAGE_BUCKET else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": SELF,
        "style-src": SELF,
        "img-src": [*SELF, *STORE, "blob:"],
        "media-src": [*SELF, *STORE, "blob:"],
        "font-src": SELF,
        "connect-src": [*SELF, *STORE],
        "form-action": SELF,
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
        "manifest-src": SELF,
    },
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SECURE_SSL_REDIRECT = HTTPS
# Asked from inside, by what watches over the processes: without encryption, and by any name.
ASKED_FROM_INSIDE = ("/health", "/ready", "/metrics")
SECURE_REDIRECT_EXEMPT = [f"^{path[1:]}$" for path in ASKED_FROM_INSIDE]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

IS_BROKER_SHARED = CELERY_BROKER_URL.startswith(("redis://", "rediss://"))
CACHE_URL = env.cache("CACHE_URL", default=CELERY_BROKER_URL if IS_BROKER_SHARED else "")
CACHE_IN_FOLDER = {
    "BACKEND": "vibecraft.cache.FolderCache",
    "LOCATION": str(DATA_DIR / "cache"),
    # With the usual 300, sessions would be thrown out by a few dozen people.
    "OPTIONS": {"MAX_ENTRIES": 50_000},
}
CACHE_IN_REDIS = {
    "BACKEND": "vibecraft.cache.PatientRedisCache",
    "LOCATION": CACHE_URL,
    "KEY_PREFIX": "cache",
    "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
}
CACHES: dict[str, dict[str, Any]] = {
    "default": CACHE_IN_REDIS if CACHE_URL else CACHE_IN_FOLDER,
    # Shared, so that what one process has rendered is not rendered by the next one.
    "status": (
        CACHE_IN_REDIS | {"KEY_PREFIX": "status"}
        if CACHE_URL
        else CACHE_IN_FOLDER
        | {"LOCATION": str(DATA_DIR / "cache-status"), "OPTIONS": {"MAX_ENTRIES": 5_000}}
    ),
}
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# --- language, time, logs -----------------------------------------------------------------------
LANGUAGE_CODE = "en"
USE_I18N = False
TIME_ZONE = "UTC"
USE_TZ = True
# Who has this token may read /metrics; without it only operators may, in the browser.
METRICS_TOKEN = env.str("METRICS_TOKEN")
LOGGING_CONFIG = None
LOG_JSON = env.bool("LOG_JSON", default=False)
logging_config(
    level=env.choice("LOG_LEVEL", default="INFO", among=("DEBUG", "INFO", "WARNING", "ERROR")),
    as_json=LOG_JSON,
    secrets=(
        SECRET_KEY,
        STORAGE_SECRET_KEY,
        METRICS_TOKEN,
        REPLICATE_API_TOKEN,
        REPLICATE_WEBHOOK_SECRET,
        DATABASES["default"].get("PASSWORD") or "",
    ),
)

# --- what contradicts itself ---------------------------------------------------------------------
env.demand(
    all(is_web_address(origin) for origin in CSRF_TRUSTED_ORIGINS),
    "CSRF_TRUSTED_ORIGINS must be addresses such as https://films.example.org.",
)
env.demand(
    not (HTTPS and DEBUG), "DEBUG must be off where SITE_URL is public: it shows the site's inside."
)
env.demand(
    not HTTPS or len(SECRET_KEY) >= 50,
    "SECRET_KEY must have 50 characters or more; leave it empty to have one made and kept.",
)
env.demand(
    bool(STORAGE_ACCESS_KEY) == bool(STORAGE_SECRET_KEY),
    "STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY belong together: set both, or none.",
)
env.demand(
    bool(STORAGE_BUCKET) or not (STORAGE_ENDPOINT or STORAGE_ACCESS_KEY),
    "STORAGE_BUCKET is missing: without it, files are kept in VIBECRAFT_DATA.",
)
env.demand(
    not (HTTPS and STORAGE_BUCKET) or STORAGE_PUBLIC_ENDPOINT.startswith("https://"),
    "STORAGE_PUBLIC_ENDPOINT must begin with https://, as SITE_URL does: browsers refuse to mix them.",
)
env.demand(
    2 * HEARTBEAT_SECONDS <= LEASE_SECONDS,
    "LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS, or living workers lose their work.",
)
if DOTENV.exists():
    env.demand_known(names_in(DOTENV.read_text()), ".env")
# Said at the start of every process, with what the apps find in the settings (vibecraft/checks.py).
WRONG_SETTINGS = env.failures
