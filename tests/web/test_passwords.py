import asyncio
import threading

import bcrypt
import pytest

from netwatch.web.passwords import MOST_WAITING, PasswordChecker, TooManyPasswordsError

QUICK = bcrypt.hashpw(b"secret", bcrypt.gensalt(4))
SLOW = bcrypt.hashpw(b"secret", bcrypt.gensalt(12))


async def test_a_password_is_right_or_wrong() -> None:
    checker = PasswordChecker()
    assert await checker.matches(b"secret", QUICK)
    assert not await checker.matches(b"secrets", QUICK)
    assert not await checker.matches(b"", QUICK)


async def test_hashes_by_htpasswd_are_understood() -> None:
    assert await PasswordChecker().matches(b"secret", QUICK.replace(b"$2b$", b"$2y$"))


async def test_a_long_password_counts_as_far_as_bcrypt_sees_it() -> None:
    hashed = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4))
    assert await PasswordChecker().matches(b"x" * 80, hashed)
    assert not await PasswordChecker().matches(b"x" * 71, hashed)


async def test_the_loop_turns_meanwhile() -> None:
    checker, turns = PasswordChecker(), 0
    async with asyncio.TaskGroup() as group:
        checked = group.create_task(checker.matches(b"secret", SLOW))
        while not checked.done():
            await asyncio.sleep(0)
            turns += 1
    assert checked.result()
    assert turns > 10


async def test_there_is_one_thread_however_many_ask_and_too_many_are_turned_away() -> None:
    checker = PasswordChecker()
    before = sum(thread.name == "bcrypt" for thread in threading.enumerate())
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(refused(checker.matches(b"wrong", SLOW)))
            for _ in range(MOST_WAITING + 8)
        ]
        await asyncio.sleep(0)
        threads = sum(thread.name == "bcrypt" for thread in threading.enumerate())
        assert threads - before == 1
        for task in asked[:-1]:
            task.cancel()
    assert asked[-1].result()


async def refused(checking: "asyncio.Future[bool] | object") -> bool:
    try:
        await checking  # type: ignore[misc]
    except TooManyPasswordsError:
        return True
    return False


async def test_one_who_gave_up_does_not_hold_up_the_next() -> None:
    checker = PasswordChecker()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await checker.matches(b"secret", SLOW)
    assert await checker.matches(b"secret", QUICK)
