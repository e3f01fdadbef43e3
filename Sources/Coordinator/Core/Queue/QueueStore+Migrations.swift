internal import GRDB

extension QueueStore {
    /// The steps from an empty file to the present form. A step that was released is never changed; new ones follow it.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 jobs, segments, attempts, events") { db in
            try db.execute(sql: first)
        }
        return migrator
    }

    /// Columns named after types of the model hold them as JSON.
    private static let first = """
        CREATE TABLE job (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- the order of submission
            id TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL,
            source TEXT NOT NULL,
            sourceIdentity TEXT NOT NULL,
            output TEXT NOT NULL,
            settings TEXT NOT NULL,
            recipe TEXT NOT NULL,
            shape TEXT,
            struck TEXT NOT NULL,
            reasons TEXT NOT NULL,
            spool TEXT NOT NULL,
            created DATETIME NOT NULL,
            updated DATETIME NOT NULL
        );
        CREATE INDEX jobBySourceAndOutput ON job (source, output);
        CREATE TABLE segment (
            job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,  -- from 0
            firstFrame INTEGER NOT NULL,
            endFrame INTEGER NOT NULL,
            extraRunUp INTEGER NOT NULL,
            missing TEXT NOT NULL,
            result TEXT,
            PRIMARY KEY (job, number)
        ) WITHOUT ROWID;
        CREATE TABLE attempt (
            job TEXT NOT NULL,
            segment INTEGER NOT NULL,
            number INTEGER NOT NULL,  -- from 1
            worker TEXT NOT NULL,
            slot INTEGER NOT NULL,
            outcome TEXT,
            isForgiven BOOLEAN NOT NULL DEFAULT 0,
            began DATETIME NOT NULL,
            ended DATETIME,
            PRIMARY KEY (job, segment, number),
            FOREIGN KEY (job, segment) REFERENCES segment (job, number) ON DELETE CASCADE
        ) WITHOUT ROWID;
        CREATE TABLE event (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            time DATETIME NOT NULL,
            job TEXT NOT NULL REFERENCES job (id) ON DELETE CASCADE,
            segment INTEGER,
            attempt INTEGER,
            kind TEXT NOT NULL,
            detail TEXT NOT NULL
        );
        CREATE INDEX eventByJob ON event (job);
        """
}
