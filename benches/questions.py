"""Questions about a million images: `ecrsnap images` and `ecrsnap sql` beside DuckDB's command line on its own table."""

from dataclasses import dataclass

# What an image of the table that DuckDB loads has in a list of findings.
COUNTS = '"imageScanFindingsSummary"."findingSeverityCounts"'


@dataclass
class Question:
    """The same question to both programs."""

    name: str
    work: str
    words: tuple
    sql: str
    # Our processor time, divided by DuckDB's, is to stay at or below it.
    limit: float = 0.7


QUESTIONS = (
    Question("group-tagged", "images --group-by tagged", ("images", "--group-by", "tagged"),
        'SELECT len("imageTags") > 0 AS tagged, count(*), sum("imageSizeInBytes") FROM images GROUP BY 1'),
    Question("group-month", "images --group-by month", ("images", "--group-by", "month"),
        """SELECT strftime("imagePushedAt", '%Y-%m') AS month, count(*), sum("imageSizeInBytes") FROM images
           GROUP BY 1 ORDER BY 1"""),
    Question("largest", "images --sort size:desc --limit 20", ("images", "--sort", "size:desc", "--limit", "20"),
        'SELECT * FROM images ORDER BY "imageSizeInBytes" DESC LIMIT 20'),
    Question("critical", "images --min-severity critical --count",
        ("images", "--min-severity", "critical", "--count"),
        f'SELECT count(*) FROM images WHERE {COUNTS}."CRITICAL" > 0'),
    Question("tag-glob", "images --image-tag '1.*' --count", ("images", "--image-tag", "1.*", "--count"),
        """SELECT count(*) FROM images WHERE len(list_filter("imageTags", t -> t LIKE '1.%')) > 0"""),
    Question("stale", "images --not-pulled-since 90d --group-by registry",
        ("images", "--not-pulled-since", "90d", "--group-by", "registry"),
        """SELECT "registryId", count(*), sum("imageSizeInBytes") FROM images
           WHERE CAST("lastRecordedPullTime" AS TIMESTAMPTZ) < TIMESTAMPTZ '2024-10-03 02:00:00Z' GROUP BY 1"""),
    Question("latest", "images --latest 1", ("images", "--latest", "1"),
        """SELECT * FROM images QUALIFY
           row_number() OVER (PARTITION BY "repositoryName" ORDER BY "imagePushedAt" DESC) = 1"""),
    Question("sql-tags", "sql: distinct tags", ("sql", "SELECT count(DISTINCT image_tag) FROM image_tags"),
        'SELECT count(DISTINCT tag) FROM (SELECT unnest("imageTags") AS tag FROM images)', 3.0),
    Question("sql-findings", "sql: findings by severity and repository",
        ("sql", "SELECT repository_name, severity, sum(findings) FROM findings GROUP BY 1, 2", "--output", "csv"),
        f"""SELECT "repositoryName", sum({COUNTS}."CRITICAL"), sum({COUNTS}."HIGH"), sum({COUNTS}."MEDIUM"),
            sum({COUNTS}."LOW"), sum({COUNTS}."INFORMATIONAL"), sum({COUNTS}."UNDEFINED") FROM images GROUP BY 1""", 3.0),
)
