"""Where the data is and where databases go; makes what is missing, once, and untimed."""

import json
import subprocess
import sys
from pathlib import Path

from load import Moto
from measure import copy, remove, run

HERE = Path(__file__).resolve().parent


class Scene:
    """The ground on which the rows are run."""

    def __init__(self, options):
        self.ecrsnap = options.ecrsnap
        self.aws = options.aws
        self.images, self.repositories = (20_000, 4) if options.smoke else (1_000_000, 200)
        self.days = 14 if options.smoke else 365
        self.data = options.data / ("smoke" if options.smoke else "full")
        self.work = options.work / ("smoke" if options.smoke else "full")
        self.python = Path(sys.executable)
        self.peers = HERE / "peers"
        self.generator = options.generator
        self.server = None
        self.address = None
        self.mock = None
        self.runs = options.runs
        self.load_seconds = 2 if options.smoke else 5
        self.work.mkdir(parents=True, exist_ok=True)
        self.data.mkdir(parents=True, exist_ok=True)

        self.forget_older()

    def forget_older(self):
        """Removes our databases from before the program was built: their schema may be another."""
        if self.ecrsnap.exists():
            built = self.ecrsnap.stat().st_mtime
            for database in self.work.glob("*.db"):
                if database.stat().st_mtime < built:
                    remove(database)

    def tool(self, name):
        """A program that came with the Python packages."""
        return self.python.parent / name

    def generate(self, out, *options):
        """The generator, built by cargo unless one was given."""
        if not out.exists():
            program = [self.generator] if self.generator else ["cargo", "bench", "--bench", "generate", "--"]
            size = ["--images", self.images, "--repositories", self.repositories]
            command = [*program, *size, *options, "--out", out]
            subprocess.run([*map(str, command)], check=True, cwd=HERE.parent, stdout=subprocess.DEVNULL)
        return out

    def day(self, number):
        """The folder of one of two consecutive days."""
        return self.generate(self.data / "days", "--days", 2) / f"2025-01-0{number}"

    def single(self):
        """The first day as one page."""
        return self.generate(self.data / "single", "--single-file") / "registry.json"

    def ndjson(self):
        """The first day as one line a detail."""
        return self.generate(self.data / "ndjson", "--single-file", "--ndjson") / "registry.ndjson"

    def fewer(self, number):
        """The folder of one of two consecutive days of 100,000 images."""
        out = self.data / "hundred-thousand"
        size = ("--images", self.images // 10, "--repositories", self.repositories // 4)
        return self.generate(out, *size, "--days", 2) / f"2025-01-0{number}"

    def next_day_of_fewer(self):
        """Our database with both of these days."""
        days = (("day1", self.fewer(1)), ("day2", self.fewer(2)))
        return self.ingested(self.work / "hundred-thousand.db", *days)

    def year(self):
        """A folder for each day of a year of 20,000 images, of which 1 in 200 changes a day and 1 in 50 is pulled."""
        size = ("--images", self.images // 50, "--repositories", max(self.repositories // 5, 1), "--days", self.days)
        return self.generate(self.data / "year", *size, "--change", 0.005, "--pulls", 0.02)

    def year_ingested(self):
        """Our database with that year, and one of its repositories."""
        database = self.work / "year.db"
        if not database.exists():
            self.ask(database, "ingest", "--snapshot-per-directory", self.year())
        page = sorted((self.year() / "2025-01-01").glob("*.json"))[0]
        return database, page.stem.replace("_", "/")

    def page(self):
        """A repository of 5,000 in the middle of the registry: its file and its name."""
        pages = sorted(self.day(1).glob("*.json"))
        page = pages[len(pages) // 2]
        return page, page.stem.replace("_", "/")

    def made(self, database, command):
        """A database, made now if it is not there."""
        if not database.exists():
            outcome = run(command, self.work)
            if outcome.status:
                print(f"could not make {database.name}: {outcome.complaint}", file=sys.stderr)
        return database

    def ingested(self, database, *snapshots):
        """A database of ours with these snapshots: pairs of name and source."""
        if not database.exists():
            for name, source in snapshots:
                self.ask(database, "ingest", source, "--snapshot", name)
        return database

    def ask(self, database, *arguments):
        """Our program's answer, or nothing where it has none."""
        try:
            command = [self.ecrsnap, "--db", database, *arguments]
            return subprocess.run([*map(str, command)], capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None

    def loaded(self):
        """Our database with the first day."""
        return self.ingested(self.work / "ecrsnap.db", ("day1", self.day(1)))

    def both(self):
        """Our database with both days."""
        database = self.work / "both.db"
        if not database.exists():
            copy(self.loaded(), database)
            self.ask(database, "ingest", self.day(2), "--snapshot", "day2")
        return database

    def large(self):
        """Our database with one repository of 20,000, its name, and a tagged image from its middle."""
        out = self.data / "large"
        folder = self.generate(out, "--images", 20_000, "--repositories", 1)
        page = next(folder.glob("*.json"))
        details = json.loads(page.read_text())["imageDetails"]
        image = next(detail for detail in details[10_000:] if "imageTags" in detail)
        return self.ingested(self.work / "large.db", ("large", folder)), image["repositoryName"], image

    def token(self, repository, items, *options):
        """The token with which a listing goes on after so many items."""
        self.loaded()
        words = ("--repository-name", repository, *options)
        words += ("--page-size", 100, "--max-items", items, "--query", "NextToken")
        answer = self.ask(self.work / "ecrsnap.db", "describe-images", *words)
        return json.loads(answer) if answer else None

    def serve(self):
        """The address of `ecrsnap serve`, started when first asked for; nothing where it cannot be."""
        if self.server is None and self.ecrsnap.exists():
            self.loaded()
            command = [self.ecrsnap, "--db", self.work / "ecrsnap.db", "serve"]
            self.server = subprocess.Popen(
                [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            words = self.server.stdout.readline().split()
            self.address = next((word for word in words if word.startswith("http://")), None)
        return self.address

    def moto(self):
        """The address of moto's server with a page of images, started when first asked for; nothing where it cannot be."""
        if self.mock is None:
            _, name = self.page()
            try:
                self.mock = Moto(self.tool("moto_server"), name)
            except (OSError, TimeoutError) as error:
                print(f"could not start moto: {error}", file=sys.stderr)
        return self.mock and self.mock.address

    def close(self):
        """Ends what was started."""
        if self.mock:
            self.mock.close()
        if self.server:
            self.server.terminate()
            self.server.wait()
