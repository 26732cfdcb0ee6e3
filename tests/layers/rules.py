"""The rules of the house: who may include whom, which library lives where, and how long a file may be.

Each rule is a function from a Tree to sentences about what breaks it, so that each can be tried on a tree that does.
"""

import fnmatch
import pathlib
import re

MOST_LINES = 450
#: Files that are longer today, with their own bound; they leave this list when they have come apart.
LONGER = {}

#: First letters of an include path, and the library that it belongs to.
LIBRARIES = {
    "rapidjson/": "RapidJSON",
    "jwt/": "cpp-jwt",
    "openssl/": "OpenSSL",
    "curl/": "libcurl",
    "lmdb.h": "LMDB",
    "systemd/": "libsystemd",
    "toml": "toml++",
    "CLI/": "CLI11",
    "fmt/": "fmt",
    "date/": "date-tz",
    "uuid/": "libuuid",
    "nlohmann/": "nlohmann",
    "httplib.h": "cpp-httplib",
    "catch2/": "Catch2",
    "catch.hpp": "Catch2",
}

#: Where each library may be included: files of the programs, as patterns. None of these but the owners of JSON is a
#: header. A library that reads JWTs stands beside the one that checks signatures, hence OpenSSL in jwt.cpp.
HOMES = {
    "RapidJSON": ["src/codec/json.hpp"],
    "cpp-jwt": ["src/codec/jwt.cpp"],
    "OpenSSL": ["src/codec/jwt.cpp", "src/io/seal.cpp", "src/sandbox/crypto.cpp"],
    "libcurl": ["src/io/curl*.cpp"],
    "LMDB": ["src/io/lmdb.cpp"],
    "libsystemd": ["src/io/service.cpp"],
    "toml++": ["src/daemon/config.cpp"],
    "CLI11": ["src/cli/main.cpp", "src/sandbox/main.cpp"],
    "fmt": ["src/cli/print.cpp"],
    "date-tz": ["src/io/zone.cpp"],
    "libuuid": ["src/io/uuid.cpp"],
    "nlohmann": ["src/sandbox/json.hpp"],
    "cpp-httplib": ["src/sandbox/listener.cpp"],
    "Catch2": [],
}

#: Folder, and the folders whose headers it may include beside its own.
LAYERS = {
    "include/hotdesk": ["hotdesk"],
    "src/core": ["hotdesk", "core"],
    "src/codec": ["hotdesk", "codec"],
    "src/io": ["hotdesk", "io"],
    "src/daemon": ["hotdesk", "core", "codec", "io", "daemon"],
    "src/cli": ["hotdesk", "core", "codec", "io", "daemon", "cli"],
    "src/sandbox": ["hotdesk", "sandbox"],
}

#: Of the vocabulary, what the other side of the wire may share: nothing that believes something about the wire.
SANDBOX_VOCABULARY = {"id.hpp", "time.hpp", "result.hpp", "secret.hpp"}

#: Folders that may not even ask the operating system: pure logic, and bytes to values.
PURE = ["include/hotdesk", "src/core", "src/codec"]

STANDARD = set("""
algorithm any array atomic barrier bit bitset cassert cctype cerrno cfloat charconv chrono cinttypes climits clocale
cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint cstdio
cstdlib cstring ctime cwchar cwctype deque exception execution filesystem format forward_list fstream functional future
initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex
new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex
source_location span sstream stack stdexcept stop_token streambuf string string_view syncstream system_error thread
tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version
""".split())

#: What reads a clock, the environment or chance; pure folders are told.
IMPURE_STANDARD = {"random", "thread", "mutex", "filesystem", "fstream", "iostream"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
SOURCES = {".hpp", ".cpp", ".h", ".cc"}
TEXTS = SOURCES | {".py", ".scn", ".sh", ".build", ".md", ".toml", ".txt", ".yml", ".json", ""}


class Tree:
    """The project's files. `tracked`: their names below `root`; without it, everything there is."""

    def __init__(self, root, tracked=None):
        self.root = pathlib.Path(root)
        if tracked is None:
            tracked = [str(p.relative_to(self.root)) for p in self.root.rglob("*") if p.is_file()]
        self.files = sorted(f for f in tracked if (self.root / f).is_file())

    def text(self, file):
        return (self.root / file).read_text(encoding="utf-8", errors="replace")

    def sources(self, *folders):
        return [f for f in self.files if pathlib.PurePath(f).suffix in SOURCES
                and any(f.startswith(folder + "/") for folder in folders)]

    def includes(self, file):
        """(line number, True for <>, what is included)."""
        text = self.text(file)
        return [(text.count("\n", 0, m.start(2)) + 1, m.group(1) == "<", m.group(2)) for m in INCLUDE.finditer(text)]


def library_of(path):
    return next((name for start, name in LIBRARIES.items() if path.startswith(start)), None)


def layer_of(file):
    return next((layer for layer in LAYERS if file.startswith(layer + "/")), None)


def layers(tree):
    """A folder includes only the folders below it."""
    for file in tree.sources("include", "src"):
        layer = layer_of(file)
        if layer is None:
            yield f"{file}: belongs to no layer; say in rules.py what it may include"
            continue
        for line, _, path in tree.includes(file):
            folder = path.split("/")[0]
            if "/" not in path or folder not in {"hotdesk", *(name.split("/")[-1] for name in LAYERS)}:
                if not known(path):
                    yield f"{file}:{line}: <{path}> is of no library that is known to rules.py"
                continue
            if folder not in LAYERS[layer]:
                yield f"{file}:{line}: {layer} may not include {path}"
            elif layer == "src/sandbox" and folder == "hotdesk" and path.split("/")[-1] not in SANDBOX_VOCABULARY:
                yield f"{file}:{line}: the sandbox shares no {path} with the worker, or it would share its mistakes"


def known(path):
    return path in STANDARD or library_of(path) is not None or is_system(path)


def is_system(path):
    """Headers of the C library and the kernel."""
    return path.startswith(("sys/", "netinet/", "arpa/", "linux/")) or path in {
        "dirent.h", "dlfcn.h", "fcntl.h", "malloc.h", "netdb.h", "poll.h", "pthread.h", "pwd.h", "sched.h", "signal.h",
        "spawn.h", "termios.h", "unistd.h"}


def purity(tree):
    """Pure folders ask nobody: no operating system, no clock of their own, no threads, no files."""
    for file in tree.sources(*PURE):
        for line, _, path in tree.includes(file):
            if is_system(path) or path in IMPURE_STANDARD:
                yield f"{file}:{line}: <{path}> has no place in pure code"
        if "include/hotdesk" in file or "src/core" in file:
            for number, text in enumerate(tree.text(file).splitlines(), 1):
                if re.search(r"\b(system_clock|steady_clock)::now\s*\(|\bgetenv\s*\(|\bsleep_for\s*\(", text):
                    yield f"{file}:{number}: reads a clock or the environment; let it be passed in"


def libraries(tree):
    """A library is included in its own file and nowhere else."""
    for file in tree.sources("include", "src"):
        for line, _, path in tree.includes(file):
            library = library_of(path)
            if library and not any(fnmatch.fnmatchcase(file, home) for home in HOMES[library]):
                where = ", ".join(HOMES[library]) or "tests alone"
                yield f"{file}:{line}: {library} lives in {where}"


def headers(tree):
    """No third-party type reaches a header, but for the owners of JSON."""
    owners = {home for homes in HOMES.values() for home in homes if home.endswith("/json.hpp")}
    for file in tree.sources("include", "src"):
        if not file.endswith(".hpp") or file in owners:
            continue
        for line, _, path in tree.includes(file):
            if library_of(path):
                yield f"{file}:{line}: the header of a third party, {path}, in a header"
    for file in tree.sources("include", "src", "tests"):
        if file.endswith(".hpp") and "#pragma once" not in tree.text(file):
            yield f"{file}: has no #pragma once"


def sandbox_side(tree):
    """Tests of the sandbox share nothing with the worker, either, and those of the pure core need no other side."""
    for file in tree.sources("tests/sandbox"):
        for line, _, path in tree.includes(file):
            if path.split("/")[0] in {"core", "codec", "io", "daemon", "cli"}:
                yield f"{file}:{line}: a test of the sandbox may not include {path}"
    for file in tree.sources("tests/core"):
        for line, _, path in tree.includes(file):
            if path.split("/")[0] in {"codec", "io", "daemon", "cli", "sandbox"}:
                yield f"{file}:{line}: the core is tested with the core alone, not {path}"


def registered(tree):
    """A test that nobody runs is none: every file is named by a meson.build beside or above it."""
    builds = {f: tree.text(f) for f in tree.files if f.endswith("meson.build")}
    for file in tree.files:
        path = pathlib.PurePath(file)
        if not file.startswith("tests/") or path.suffix not in {".cpp", ".py", ".scn"}:
            continue
        above = [builds.get(str(folder / "meson.build"), "") for folder in path.parents]
        if path.suffix == ".scn":
            # Scenarios are run a folder at a time.
            above += [text for name, text in builds.items() if name.startswith("tests/")]
            named = any(f"'{path.parent.name}'" in text or f"/{path.parent.name}'" in text for text in above)
        else:
            # What is run by hand, a benchmark, has a script beside it.
            by_hand = str(path.parent / "run")
            named = any(names(text, path.name) for text in above) or (
                by_hand in tree.files and f"/{path.name}" in tree.text(by_hand))
        if not named:
            yield f"{file}: no meson.build names it"


def names(build, file):
    """`'x_test.cpp'`, or `'x'` in a list whose elements get '_test.cpp' behind them."""
    if f"'{file}'" in build or f"/{file}'" in build:
        return True
    for match in re.finditer(r"'(_[a-z_]+\.(?:cpp|py))'", build):
        if file.endswith(match.group(1)) and f"'{file.removesuffix(match.group(1))}'" in build:
            return True
    return False


def no_doors(tree):
    """hotdeskd opens no door: only the sandbox listens."""
    for file in tree.sources("include", "src"):
        if file.startswith("src/sandbox/"):
            continue
        for number, text in enumerate(tree.text(file).splitlines(), 1):
            if re.search(r"(?<![\w.>])(::)?(listen|accept|accept4)\s*\(", text.split("//")[0]):
                yield f"{file}:{number}: a socket that listens"


def lengths(tree):
    """A file can be read at a sitting."""
    for file in tree.sources("include", "src", "tests") + [f for f in tree.files if f.endswith(".py")]:
        count, most = tree.text(file).count("\n"), LONGER.get(file, MOST_LINES)
        if count > most:
            yield f"{file}: has {count} lines, more than {most}; find the place where it comes apart"
        if file in LONGER and count <= MOST_LINES:
            yield f"{file}: has {count} lines and need not stand in LONGER any more"


def leftovers(tree):
    """Nothing half done, and nothing that means something on one machine only."""
    marks = re.compile("|".join([r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bX" r"XX\b"]))
    # Packages, people and machines: /usr, /etc, /var, /run, /proc and /tmp are everybody's.
    machine = re.compile(r"(?<![\w.@-])/(?:home/[a-z]|work/|root/|Users/|mnt/|builds?/)")
    task = re.compile(r"(?:\b(?:task|ticket|issue|PR)\s*#?\d+|(?<![\w&'\"(\\/\[])#\d{2,}\b)", re.I)
    for file in tree.files:
        if pathlib.PurePath(file).suffix not in TEXTS or file in {"LICENSE", "tests/layers/layers_test.py"}:
            continue
        if file == "tests/layers/rules.py":
            continue  # says what it looks for
        for number, text in enumerate(tree.text(file).splitlines(), 1):
            if marks.search(text):
                yield f"{file}:{number}: a mark of unfinished work: {text.strip()[:80]}"
            if machine.search(text):
                yield f"{file}:{number}: a path of one machine: {text.strip()[:80]}"
            if task.search(text) and not re.search(r"colou?r|background|fill|stroke|border", text):
                yield f"{file}:{number}: a number of a task: {text.strip()[:80]}"


RULES = [layers, purity, libraries, headers, sandbox_side, registered, no_doors, lengths, leftovers]
