#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of the house can fail: each is run on a scratch tree with one breach in it.

    tests/unit/test_checks.py SOURCE-FOLDER [C-COMPILER]
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(sys.argv.pop(1)).resolve()
COMPILER = sys.argv.pop(1) if len(sys.argv) > 1 else "cc"


def run(tool, folder):
    result = subprocess.run([sys.executable, str(SOURCE / "tools" / tool), str(folder)],
                            capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr


class Tree(unittest.TestCase):
    """A scratch tree of a few files, clean at first."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="tessera-checks-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.put("cas/base/bytes.h", "")
        self.put("cas/headend/mux.h", "")
        self.put("keys/store/keystore.h", "")
        self.put("smartcard/core/card.h", "")
        self.put("stb-host/watch/watch.h", "")
        self.put("stb-host/watch/watch.c", '#include "watch.h"\n#include "base/bytes.h"\n#include <stdio.h>\n')
        self.put("smartcard/core/card.c", '#include "core/card.h"\n#include <stdint.h>\n')
        self.put("cas/headend/mux.c", '#include "headend/mux.h"\n')

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def append(self, name, text):
        with (self.root / name).open("a") as f:
            f.write(text)


class Layers(Tree):
    def refused(self, name, line, why):
        self.append(name, line + "\n")
        status, output = run("check_layers.py", self.root)
        self.assertEqual(status, 1, output)
        self.assertIn(why, output)
        self.assertIn("1 breaches", output)

    def test_a_clean_tree_passes(self):
        status, output = run("check_layers.py", self.root)
        self.assertEqual(status, 0, output)

    def test_an_empty_tree_fails(self):
        status, _ = run("check_layers.py", self.root / "cas")
        self.assertEqual(status, 1)

    def test_the_box_may_not_include_the_head_end(self):
        self.refused("stb-host/watch/watch.c", '#include "headend/mux.h"', "room headend is out of reach")

    def test_the_box_may_not_include_the_keystore(self):
        self.refused("stb-host/watch/watch.c", '#include "store/keystore.h"', "room store is out of reach")

    def test_a_detour_over_the_folder_above_is_seen(self):
        self.refused("stb-host/watch/watch.c", '#include "../../cas/headend/mux.h"', "room headend")

    def test_the_card_may_not_include_the_box(self):
        self.refused("smartcard/core/card.c", '#include "watch/watch.h"', "room watch is out of reach")

    def test_the_head_end_may_not_include_the_card(self):
        self.refused("cas/headend/mux.c", '#include "core/card.h"', "room core is out of reach")

    def test_the_base_looks_up_to_nobody(self):
        self.refused("cas/base/bytes.h", '#include "core/card.h"', "room core is out of reach")

    def test_a_freestanding_room_has_no_libc(self):
        self.refused("smartcard/core/card.c", "#include <stdlib.h>", "<stdlib.h> in the freestanding room core")

    def test_sockets_stay_in_their_rooms(self):
        self.refused("stb-host/watch/watch.c", "#include <sys/socket.h>", "<sys/socket.h> belongs in")

    def test_openssl_stays_in_its_rooms(self):
        self.refused("cas/headend/mux.c", "#include <openssl/evp.h>", "<openssl/evp.h> belongs in")

    def test_sqlite_stays_in_its_room(self):
        self.refused("stb-host/watch/watch.c", "#include <sqlite3.h>", "<sqlite3.h> belongs in")

    def test_an_unknown_header_is_refused(self):
        self.refused("cas/headend/mux.c", '#include "nowhere/at_all.h"', "is in no room")

    def test_the_real_clock_is_for_programs(self):
        self.refused("cas/headend/mux.c", "long f(void) { return time(0); }", "time() belongs in programs")


class Symbols(Tree):
    def build(self, room, folder, *texts):
        build, objects = self.root / "build" / folder, []
        for number, text in enumerate(texts):
            source = self.root / f"{room}_{number}.c"
            source.write_text(text)
            objects.append(str(source.with_suffix(".o")))
            subprocess.run([COMPILER, "-c", "-o", objects[-1], str(source)], check=True)
        build.mkdir(parents=True, exist_ok=True)
        subprocess.run(["ar", "rc", str(build / f"libtessera_{room}.a"), *objects], check=True)

    def program(self, name, text, *archives):
        source = self.root / f"{name}.c"
        source.write_text(text)
        (self.root / "build/bin").mkdir(parents=True, exist_ok=True)
        libraries = [str(next((self.root / "build").rglob(f"libtessera_{a}.a"))) for a in archives]
        subprocess.run([COMPILER, "-o", str(self.root / "build/bin" / name), str(source), *libraries], check=True)

    def check(self):
        return run("check_symbols.py", self.root / "build")

    def refused(self, why):
        status, output = self.check()
        self.assertEqual(status, 1, output)
        self.assertIn(why, output)

    def test_clean_libraries_pass(self):
        self.build("base", "cas", "int base_one(void) { return 1; }")
        self.build("core", "smartcard", "int base_one(void); int card_one(void) { return base_one(); }")
        self.program("tessera-stb", "int base_one(void); int main(void) { return base_one(); }", "base")
        status, output = self.check()
        self.assertEqual(status, 0, output)
        self.assertIn("2 libraries, 1 programs", output)

    def test_an_empty_build_fails(self):
        (self.root / "build").mkdir()
        self.assertEqual(self.check()[0], 1)

    def test_a_freestanding_library_may_not_need_libc(self):
        self.build("core", "smartcard", "int puts(const char *); int f(void) { return puts(\"x\"); }")
        self.refused("freestanding room core needs puts")

    def test_the_card_may_not_need_the_box(self):
        self.build("ca", "stb-host", "int stb_one(void) { return 1; }")
        self.build("core", "smartcard", "int stb_one(void); int f(void) { return stb_one(); }")
        self.refused("room core needs stb_one of room ca")

    def test_the_head_end_may_not_need_the_card(self):
        self.build("core", "smartcard", "int card_one(void) { return 1; }")
        self.build("headend", "cas", "int card_one(void); int f(void) { return card_one(); }")
        self.refused("room headend needs card_one of room core")

    def test_files_of_a_room_that_need_each_other_are_found(self):
        self.build("base", "cas", "int b(void); int a(void) { return b(); }",
                   "int c(void); int b(void) { return c(); }", "int a(void); int c(void) { return a(); }",
                   "int a(void); int top(void) { return a(); }")
        self.refused("room base: these files need each other: base_0, base_1, base_2\n")

    def test_a_room_that_is_read_from_top_to_bottom_passes(self):
        self.build("base", "cas", "int b(void); int c(void); int a(void) { return b() + c(); }",
                   "int c(void); int b(void) { return c(); }", "int c(void) { return 1; }")
        self.assertEqual(self.check()[0], 0)

    def test_the_box_program_may_not_contain_the_head_end(self):
        self.build("headend", "cas", "int head_one(void) { return 1; }")
        self.program("tessera-stb", "int head_one(void); int main(void) { return head_one(); }", "headend")
        self.refused("program tessera-stb contains head_one of room headend")


class Shape(Tree):
    def refused(self, why):
        status, output = run("check_shape.py", self.root)
        self.assertEqual(status, 1, output)
        self.assertIn(why, output)

    def test_a_long_function_is_found(self):
        self.put("cas/base/long.c", "int\nlong_one(void)\n{\n" + "\t;\n" * 81 + "}\n")
        self.refused("cas/base/long.c:3: long_one has 81 lines")

    def test_a_long_file_is_found(self):
        self.put("cas/base/long.c", "/* */\n" * 601)
        self.refused("cas/base/long.c: 601 lines")

    def test_a_missing_readme_is_found(self):
        self.refused("cas/base: no README.md")

    def test_a_file_that_its_page_does_not_name_is_found(self):
        self.put("cas/base/README.md", "`bytes.h`, `rc*.c`, `cmd_<noun>.c`\n")
        for name in ("bytes", "rc_text", "cmd_one", "stray"):
            self.put(f"cas/base/{name}.c", "")
        self.refused("cas/base/README.md does not name stray.c")
        self.put("cas/base/README.md", "`bytes.h`, `rc*.c`, `cmd_<noun>.c`, `stray`\n")
        self.assertNotIn("does not name", run("check_shape.py", self.root)[1])

    def test_a_missing_man_page_is_found(self):
        self.put("tools/tessera-x/main.c", "")
        self.refused("tessera-x: no man page")

    def test_a_claim_without_its_test_is_found(self):
        self.put("SECURITY.md", "shown by `card__does_what_nobody_tests`\n")
        self.refused("names the test card__does_what_nobody_tests")

    def test_clutter_at_the_top_is_found(self):
        self.put("notes.txt", "")
        self.refused("notes.txt: does not belong at the top level")


ARM = shutil.which("arm-none-eabi-gcc")


@unittest.skipUnless(ARM, "arm-none-eabi-gcc is not installed")
class Mcu(Tree):
    """mcu_size.py on a card of a few lines: main calls apply, which calls what stands in a table."""

    TABLE = "struct row { int (*handler)(int); };\nint deep(int);\n"
    DEEP = ("int deep(int n) { volatile char room[300]; room[n] = 1; return room[1]; }\n"
            "static const struct row rows[] = { { .handler = deep } };\n")
    MAIN = "int apply(int i);\nint main(void);\nint main(void) { return apply(1) + 1; }\n"

    def setUp(self):
        super().setUp()
        self.put("keys/crypto/crypto.h", "struct crypto {\n\tint (*cmac)(int);\n};\n")
        self.put("smartcard/core/nv.h", "struct nv_port {\n\tint (*read)(int);\n};\n")

    def card(self, text, *options, deep=DEEP):
        self.put("smartcard/core/core.c", self.TABLE + deep + text)
        self.put("tools/mcu/port.c", self.MAIN)
        build = self.root / "build"
        core = "CMakeFiles/tessera_core.dir/core.c.obj"
        (build / core).parent.mkdir(parents=True, exist_ok=True)
        for source, name in ("tools/mcu/port.c", "port.c.obj"), ("smartcard/core/core.c", core):
            subprocess.run([ARM, "-mcpu=cortex-m0", "-mthumb", "-Os", "-ffreestanding", "-ffunction-sections", "-fno-inline",
                            "-fstack-usage", "-fcallgraph-info=su", "-c", self.root / source, "-o", name], cwd=build, check=True)
        subprocess.run(["ar", "rc", build / "libtessera_core.a", build / core], check=True)
        done = subprocess.run([sys.executable, SOURCE / "tools/mcu_size.py", build, "--root", self.root, *options],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    APPLY = "int apply(int i) { return rows[i].handler(i) + 1; }\n"

    def test_the_chain_goes_through_the_table(self):
        status, output = self.card(self.APPLY)
        self.assertEqual(status, 0, output)
        self.assertRegex(output, r"main \d+ > apply \d+ > deep 3\d\d")
        self.assertLess(380, int(output.split("stack ")[1].split()[0]))

    def test_each_limit_can_be_exceeded(self):
        for limit in "flash", "ram", "stack":
            status, output = self.card(self.APPLY, f"--{limit}", "0" if limit != "ram" else "-1")
            self.assertEqual(status, 1, output)
            self.assertRegex(output, rf"(?i)mcu_size: {limit}: \d+ bytes, limit")

    def test_a_large_frame_is_found(self):
        status, output = self.card(self.APPLY, deep=self.DEEP.replace("300", "1200"))
        self.assertEqual(status, 1, output)
        self.assertIn("deep: a frame of", output)

    def refused(self, text, why, deep=DEEP):
        status, output = self.card(text, deep=deep)
        self.assertEqual(status, 1, output)
        self.assertIn(why, output)

    def test_a_pointer_that_leads_nowhere_known_is_found(self):
        self.refused("struct other { int (*what)(int); };\nextern const struct other others[];\n"
                     "int apply(int i) { return rows[i].handler(i) + others[i].what(i); }\n", "where does what() lead?")

    def test_an_address_that_no_table_yields_is_found(self):
        self.refused("static int stray(int n) { return n; }\nextern int (*kept)(int);\n"
                     "int apply(int i) { kept = stray; return rows[i].handler(i) + stray(2) + 1; }\n",
                     "no table yields stray")

    def test_a_circle_is_found(self):
        self.refused(self.APPLY, "a circle: apply > deep > apply",
                     deep=self.DEEP.replace("int deep(int n) {", "int apply(int);\nint deep(int n) { if (n) return apply(n) + 1;"))

    def test_a_frame_of_variable_size_is_found(self):
        self.refused(self.APPLY, "dynamic", deep=self.DEEP.replace("room[300]", "room[n + 1]"))

    def test_what_the_chip_supplies_costs_nothing(self):
        status, output = self.card("struct crypto { int (*cmac)(int); };\nextern const struct crypto crypto;\n"
                                   "int apply(int i) { return rows[i].handler(i) + crypto.cmac(i) + 1; }\n")
        self.assertEqual(status, 0, output)


if __name__ == "__main__":
    unittest.main()
