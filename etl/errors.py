"""What went wrong, named by what the caller must do about it.

WirecopyError
├── Rejected    quarantine this record with its stage and reason, and go on
├── Retryable   try the same again later: a lock, a lost connection
└── Fatal       stop: trying again changes nothing
    ├── Refused the guard: the run would change more than its limits allow, and was undone
    └── Usage   the command line or a setting is wrong; a person has to change it
"""

import errno


class WirecopyError(Exception):
    """Root of all errors that wirecopy raises on purpose; its text is one line that says what to do."""


class Rejected(WirecopyError):
    """A record that does not satisfy the contract.

    stage   where it failed: "fetch", "read", "decode", "extract", "validate", "commit" or "erased"
    reason  one line for a person, beginning with a stable word or two ("empty", "binary", "too large: …")
    """

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(f"{stage}: {reason}")
        self.stage = stage
        self.reason = reason


class Retryable(WirecopyError):
    """The same call may succeed later."""


class Fatal(WirecopyError):
    """The same call will fail again until somebody changes something."""


class Usage(Fatal):
    """The caller asked for something that cannot be done as asked (exit status 2)."""


class Refused(Fatal):
    """A run that the guard undid; a person looks, and lets it pass with accept."""


CANNOT_WRITE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""Error numbers of a full or read-only disk."""


def is_of_machine(error: BaseException) -> bool:
    """Whether an error is the machine's, which no document is to blame for: no room, or no more files to open."""
    return isinstance(error, OSError) and error.errno in (*CANNOT_WRITE, errno.EMFILE, errno.ENFILE)
