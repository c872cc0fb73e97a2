"""Results of long benchmarks, kept as they come."""

import json
import pathlib


class Kept(dict):
    """What FOLDER/NAME.json holds; `keep` writes it again, so that what is done is not done twice."""

    def __init__(self, folder, name):
        self.file = pathlib.Path(folder) / f"{name}.json"
        self.file.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(json.loads(self.file.read_text()) if self.file.exists() else {})

    def keep(self):
        self.file.write_text(json.dumps(self, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
