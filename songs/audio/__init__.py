"""What we hear in a song: tempo, beats, downbeats, mood, genre, key and energy.

Plain Python on arrays: nothing here opens a file or knows of Django. `hearing.hear` is the door.
"""
