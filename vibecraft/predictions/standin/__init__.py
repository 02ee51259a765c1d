"""A faithful local Replicate: what the project develops and tests against without a token.

A process of its own on three loopback ports: the API (`/v1/…`, what the client speaks to), the
delivery host (where outputs are fetched) and the control (`/_control/…`, where tests and people
look at what was received and set faults). Nothing of Django; nothing leaves this machine.
"""
