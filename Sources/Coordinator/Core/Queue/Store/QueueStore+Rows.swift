internal import FarmModel
internal import Foundation
internal import GRDB
internal import Scheduling

/// Jobs to rows and back.
extension QueueStore {
    func insert(_ job: JobRecord, order: Int64, _ db: Database) throws -> JobRecord {
        var stored = job
        (stored.plan.order, stored.created, stored.updated) = (order, Date(), Date())
        var recipe = job.recipe
        recipe.execution = nil  // it is the column `shape`, and only that
        try db.execute(
            sql: """
                INSERT INTO job (seq, id, state, priority, isPaused, owner, needs, source, sourceIdentity, output,
                    settings, recipe, shape, struck, reasons, spool, created, updated)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                order, job.id.rawValue, job.plan.state.rawValue, job.plan.priority, job.plan.isPaused, job.plan.owner,
                try json(job.plan.needs), job.source, job.sourceIdentity, job.output, try json(job.settings),
                try json(recipe), try job.plan.shape.map(json), try json(job.plan.struck), try json(job.plan.reasons),
                job.spool, stored.created, stored.updated,
            ])
        for (number, segment) in job.plan.segments.enumerated() { try insert(segment, number, of: job.id, db) }
        try note(.init(job: job.id, kind: "submitted", detail: job.source), db)
        return stored
    }

    private func insert(_ segment: SegmentPlan, _ number: Int, of job: JobID, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO segment (job, number, firstFrame, endFrame, extraRunUp, missing, result)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            job.rawValue, number, segment.range.first, segment.range.end, segment.extraRunUp,
            try json(segment.missing), try segment.result.map(json),
        ])
        for attempt in segment.attempts { try insert(attempt, of: SegmentID(job: job, index: number), db) }
    }

    func insert(_ attempt: AttemptRecord, of segment: SegmentID, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO attempt (job, segment, number, worker, slot, extraRunUp, outcome, isForgiven, began)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            segment.job.rawValue, segment.index, attempt.number, attempt.worker, attempt.slot, attempt.extraRunUp,
            try attempt.outcome.map(json), attempt.isForgiven, Date(),
        ])
    }

    func jobs(_ filter: String, _ arguments: StatementArguments, _ db: Database) throws -> [JobRecord] {
        try Row.fetchAll(db, sql: "SELECT * FROM job \(filter)", arguments: arguments).map { row in
            let id = JobID(row["id"] as String)
            do { return try job(row, id, db) } catch let error as DecodingError {
                throw QueueStoreError.damaged(path: path, job: id, reason: "\(error)")
            }
        }
    }

    private func job(_ row: Row, _ id: JobID, _ db: Database) throws -> JobRecord {
        let state = try state(row)
        let settings: JobSettings = try value(row["settings"])
        let recipe: Recipe = try value(row["recipe"])
        let needs: JobNeeds? = try (row["needs"] as String?).map(value)
        let plan = JobPlan(
            id: id, state: state, priority: row["priority"], isPaused: row["isPaused"], order: row["seq"],
            owner: row["owner"],
            needs: needs ?? JobNeeds(encoder: recipe.encoding.encoder, precision: settings.precision),
            weight: recipe.weight, shape: try (row["shape"] as String?).map(value), segments: try segments(of: id, db),
            struck: try value(row["struck"]), reasons: try value(row["reasons"]))
        var record = JobRecord(
            plan: plan, source: row["source"], sourceIdentity: row["sourceIdentity"], output: row["output"],
            settings: settings, recipe: recipe, spool: row["spool"])
        record.warnings = try value(row["warnings"])
        record.created = row["created"]
        record.updated = row["updated"]
        return record
    }

    private func segments(of job: JobID, _ db: Database) throws -> [SegmentPlan] {
        var attempts: [Int: [AttemptRecord]] = [:]
        let rows = try Row.fetchAll(
            db, sql: "SELECT * FROM attempt WHERE job = ? ORDER BY segment, number", arguments: [job.rawValue])
        for row in rows {
            let record = AttemptRecord(
                number: row["number"], worker: row["worker"], slot: row["slot"],
                extraRunUp: row["extraRunUp"], outcome: try (row["outcome"] as String?).map(value),
                isForgiven: row["isForgiven"])
            attempts[row["segment"], default: []].append(record)
        }
        return try Row.fetchAll(
            db, sql: "SELECT * FROM segment WHERE job = ? ORDER BY number", arguments: [job.rawValue]
        ).map { row in
            SegmentPlan(
                range: FrameRange(row["firstFrame"], row["endFrame"]), extraRunUp: row["extraRunUp"],
                missing: try value(row["missing"]), attempts: attempts[row["number"]] ?? [],
                result: try (row["result"] as String?).map(value))
        }
    }

    func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    func value<T: Decodable>(_ json: String) throws -> T {
        try JSONDecoder().decode(T.self, from: Data(json.utf8))
    }
}
