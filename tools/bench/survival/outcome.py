"""What a part found: a table for people, verdicts against what is wanted, figures for programs."""

from dataclasses import dataclass, field


class SurvivalError(Exception):
    """A part could not be measured."""


@dataclass
class Outcome:
    """`rows` are lists of texts as long as `head`."""

    title: str
    head: list
    rows: list = field(default_factory=list)
    verdicts: list = field(default_factory=list)
    figures: dict = field(default_factory=dict)

    def judge(self, target, value, wanted, is_upper_bound=True, values=()):
        """Notes whether a figure is what is wanted."""
        values = list(values) or [value]
        self.verdicts.append(
            {
                "target": target,
                "wanted": wanted,
                "is_upper_bound": is_upper_bound,
                "median": value,
                "lowest": min(values),
                "highest": max(values),
                "met": value <= wanted if is_upper_bound else value >= wanted,
            }
        )

    def table(self):
        return [self.head, *self.rows]

    @property
    def name(self):
        """The part's: it heads the first column."""
        return self.head[0]

    def markdown(self):
        """The table as Markdown."""
        lines = [" | ".join(row) for row in self.table()]
        lines.insert(1, "|".join(["---"] + ["---:"] * (len(self.head) - 1)))
        return f"\n### {self.title}\n\n" + "".join(f"| {line} |\n" for line in lines)

    def print_table(self):
        rows = self.table()
        widths = [max(len(row[column]) for row in rows) for column in range(len(self.head))]
        print(f"\n{self.title}")
        for row in rows:
            print(
                "  ".join(
                    cell.ljust(width) if column == 0 else cell.rjust(width)
                    for column, (cell, width) in enumerate(zip(row, widths))
                ),
                flush=True,
            )
