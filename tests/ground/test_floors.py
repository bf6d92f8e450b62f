"""A floor uses only the floors under it: in CMake and in every #include."""
import tempfile
import unittest
from pathlib import Path

from floors import (ROOMS, ROOT, declared_uses, floor_order, included_paths, reachable, room_of, sources,
                    upward_includes)

MOST_FILES = 25  # in a folder


class Floors(unittest.TestCase):
    def test_every_folder_of_src_is_a_floor(self):
        folders = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
        self.assertEqual(folders, set(floor_order()))

    def test_a_floor_links_only_floors_below(self):
        order = floor_order()
        for height, floor in enumerate(order):
            with self.subTest(floor=floor):
                self.assertLessEqual(declared_uses(floor), set(order[:height]))

    def test_a_file_includes_only_from_floors_that_its_floor_links(self):
        seen = 0
        for floor in floor_order():
            allowed = reachable(floor)
            for source in sources(floor):
                for path in included_paths(source):
                    seen += 1
                    with self.subTest(file=source.relative_to(ROOT).as_posix(), includes=path):
                        self.assertTrue((ROOT / "src" / path).is_file(), "quoted includes are relative to src/")
                        self.assertIn(path.split("/")[0], allowed)
        self.assertGreater(seen, 0)

    def test_a_room_uses_no_room_above(self):
        for floor, levels in ROOMS.items():
            rooms = {room_of(source.relative_to(ROOT / "src").as_posix()) for source in sources(floor)}
            self.assertEqual(rooms, set().union(*levels))
            self.assertEqual(upward_includes(floor), [])

    def test_an_include_from_a_room_above_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            room = Path(folder) / "src" / "lab" / "store"
            room.mkdir(parents=True)
            (room / "run.cpp").write_text('#include "lab/output/page.h"\n#include "lab/comparison.h"\n')
            self.assertEqual(upward_includes("lab", Path(folder)), [("lab/store/run.cpp", "lab/output/page.h")])

    def test_a_folder_holds_few_files(self):
        for top in ("src", "tests"):
            for folder in [ROOT / top, *(ROOT / top).rglob("*/")]:
                if "fixtures" in folder.parts or "__pycache__" in folder.parts:
                    continue
                with self.subTest(folder=folder.relative_to(ROOT).as_posix()):
                    self.assertLessEqual(sum(p.is_file() for p in folder.iterdir()), MOST_FILES, "give it rooms")


if __name__ == "__main__":
    unittest.main()
