"""The end of a process that the demonstration started."""

import subprocess


def stop(process: "subprocess.Popen[str]", *, within_s: float) -> None:
    """End a process by SIGTERM, and by SIGKILL where that does not help."""
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        if process.stdout is not None:
            process.stdout.close()
