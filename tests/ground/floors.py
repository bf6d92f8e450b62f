"""What CMake says about the floors of src/: read by the tests beside this file."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Rooms within a floor from bottom to top ("" is the floor's own folder); a file uses its own level and those below.
ROOMS = {"lab": [{"", "slice", "statistics", "store"}, {"experiment", "experiment/server"}, {"findings"}, {"output"}]}


def floor_order(root=ROOT):
    """The floors from bottom to top, as the top CMakeLists.txt lists them."""
    text = (root / "CMakeLists.txt").read_text()
    return re.search(r"foreach\(floor ([\w\s]+?)\)", text).group(1).split()


def declared_uses(floor, root=ROOT):
    """The floors that a floor's CMakeLists.txt links (the one at the top is a program and not a library)."""
    text = (root / "src" / floor / "CMakeLists.txt").read_text()
    floors = set(floor_order(root))
    uses = set()
    for block in re.findall(r"(?:\bUSES|target_link_libraries\(\w+ \w+)\b([^)]*)", text):
        words = block.split()
        stop = next((i for i, word in enumerate(words) if word.isupper()), len(words))
        uses |= floors.intersection(words[:stop])
    return uses


def reachable(floor, root=ROOT):
    """The floor itself and all that it uses, directly or through others."""
    found, todo = set(), [floor]
    while todo:
        at = todo.pop()
        if at not in found:
            found.add(at)
            todo += declared_uses(at, root)
    return found


def sources(floor, root=ROOT):
    folder = root / "src" / floor
    return sorted(p for p in folder.rglob("*") if p.suffix in (".h", ".cpp", ".inc"))


def included_paths(path):
    """The quoted includes of a file."""
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(), re.MULTILINE)


def room_of(path):
    """The room of a path from src/ on: "store" of lab/store/results.h, "" of lab/comparison.h."""
    return "/".join(path.split("/")[1:-1])


def upward_includes(floor, root=ROOT):
    """Includes from a room above the file's own, as (file, what it includes)."""
    level = {room: height for height, rooms in enumerate(ROOMS[floor]) for room in rooms}
    found = []
    for source in sources(floor, root):
        file = source.relative_to(root / "src").as_posix()
        for path in included_paths(source):
            if path.split("/")[0] == floor and level[room_of(path)] > level[room_of(file)]:
                found.append((file, path))
    return found
