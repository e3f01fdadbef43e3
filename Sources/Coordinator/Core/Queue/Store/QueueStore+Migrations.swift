internal import GRDB

extension QueueStore {
    /// The steps from an empty file to the present form. A step that was released is never changed; new ones follow it.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 jobs, segments, attempts, events") { db in
            try db.execute(sql: first)
        }
        migrator.registerMigration("2 workers, submissions, priorities") { db in
            try db.execute(sql: second)
        }
        migrator.registerMigration("3 warnings") { db in
            try db.execute(sql: "ALTER TABLE job ADD COLUMN warnings TEXT NOT NULL DEFAULT '[]'")
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

    /// A job's `seq` and a submission's are drawn from one sequence. An `event` may be about a worker, without a job.
    private static let second = """
        ALTER TABLE job ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE job ADD COLUMN isPaused BOOLEAN NOT NULL DEFAULT 0;
        ALTER TABLE job ADD COLUMN owner TEXT;
        ALTER TABLE job ADD COLUMN needs TEXT;   -- NULL in a job of an earlier version: as its recipe says
        ALTER TABLE attempt ADD COLUMN extraRunUp INTEGER NOT NULL DEFAULT 0;
        CREATE TABLE submission (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,  -- of the job that it will become
            owner TEXT,
            request TEXT NOT NULL,
            state TEXT NOT NULL,
            reason TEXT,
            created DATETIME NOT NULL
        );
        CREATE TABLE worker (
            name TEXT PRIMARY KEY,
            firstSeen DATETIME NOT NULL,
            lastSeen DATETIME NOT NULL,
            hello TEXT,
            isDrained BOOLEAN NOT NULL DEFAULT 0,
            asideReason TEXT
        ) WITHOUT ROWID;
        CREATE TABLE newEvent (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            time DATETIME NOT NULL,
            job TEXT REFERENCES job (id) ON DELETE CASCADE,
            segment INTEGER,
            attempt INTEGER,
            worker TEXT,
            kind TEXT NOT NULL,
            detail TEXT NOT NULL
        );
        INSERT INTO newEvent (seq, time, job, segment, attempt, kind, detail)
            SELECT seq, time, job, segment, attempt, kind, detail FROM event;
        DROP TABLE event;
        ALTER TABLE newEvent RENAME TO event;
        CREATE INDEX eventByJob ON event (job, seq) WHERE job IS NOT NULL;
        CREATE INDEX eventByWorker ON event (worker, seq) WHERE worker IS NOT NULL;
        """
}
