"""What no module of the product may do: it starts a thread when it is imported."""

import threading

threading.Thread(target=threading.Event().wait, args=(5,), daemon=True).start()
