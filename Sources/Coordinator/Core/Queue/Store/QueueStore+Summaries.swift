internal import FarmModel
internal import Foundation
internal import GRDB
public import Scheduling

/// What is asked often, or of every job that there ever was: read without decoding plans.
extension QueueStore {
    /// Jobs in those states, in the order of submission.
    public func summaries(in states: Set<JobState>) async throws -> [JobSummary] {
        let sql = """
            SELECT job.*, count(segment.number) AS segments, count(segment.result) AS segmentsAccepted,
                coalesce(sum(endFrame - firstFrame), 0) AS frames,
                coalesce(sum(iif(segment.result IS NULL, 0, endFrame - firstFrame)), 0) AS framesAccepted
            FROM job LEFT JOIN segment ON segment.job = job.id
            WHERE state IN (\(Self.places(states))) GROUP BY job.seq ORDER BY job.seq
            """
        return try await read { db in
            try Row.fetchAll(db, sql: sql, arguments: Self.names(states)).map { row in
                JobSummary(
                    id: JobID(row["id"] as String), state: try state(row), priority: row["priority"],
                    order: row["seq"], owner: row["owner"], source: row["source"],
                    sourceIdentity: row["sourceIdentity"], output: row["output"], reasons: try value(row["reasons"]),
                    created: row["created"], updated: row["updated"], segments: row["segments"],
                    segmentsAccepted: row["segmentsAccepted"], frames: row["frames"],
                    framesAccepted: row["framesAccepted"])
            }
        }
    }

    /// The files of jobs in those states, in the order of submission.
    public func files(in states: Set<JobState> = Set(JobState.allCases)) async throws -> [JobFiles] {
        let sql =
            "SELECT id, state, source, output, settings FROM job WHERE state IN (\(Self.places(states))) ORDER BY seq"
        return try await read { db in
            try Row.fetchAll(db, sql: sql, arguments: Self.names(states)).map { row in
                let settings: JobSettings = try value(row["settings"])
                return JobFiles(
                    id: JobID(row["id"] as String), state: try state(row), source: row["source"],
                    output: row["output"], model: settings.model)
            }
        }
    }

    func state(_ row: Row) throws -> JobState {
        guard let state = JobState(rawValue: row["state"]) else {
            let id = JobID(row["id"] as String)
            throw QueueStoreError.damaged(path: path, job: id, reason: "its state is \(row["state"] as String)")
        }
        return state
    }
}
