import FarmModel
internal import Foundation
internal import Media

/// Where the files of jobs in flight lie, below the state directory.
public struct Spool: Hashable, Sendable {
    /// The state directory's `spool`.
    public let root: String

    public init(stateDirectory: String) { root = stateDirectory + "/spool" }

    /// The film's video packets, in one packet file: what segments are cut from.
    func packets(_ job: JobID) -> String { directory(job) + "/source.packets" }
    func frameTable(_ job: JobID) -> String { directory(job) + "/frames.table" }
    func joinMark(_ job: JobID) -> String { directory(job) + "/joined.json" }
    func directory(_ job: JobID) -> String { "\(root)/\(job)" }
    func segments(_ job: JobID) -> String { directory(job) + "/segments" }

    /// An encoded segment. The attempt's number is part of the name, so that no late result can touch an accepted one.
    func segment(_ attempt: AttemptID) -> String {
        "\(segments(attempt.segment.job))/\(attempt.segment.index)-\(attempt.number).packets"
    }

    func create(_ job: JobID) throws {
        do {
            try FileManager.default.createDirectory(atPath: segments(job), withIntermediateDirectories: true)
            for made in [segments(job), directory(job)] { try DurableFile.syncFolder(of: made) }
        } catch {
            throw CoordinatorError(.file, "cannot create the spool \(segments(job)): \(error.reason)")
        }
    }

    /// - Throws: where an accepted segment's file is not what was accepted.
    func check(_ accepted: [SegmentResult]) throws {
        for result in accepted {
            let path = segment(result.attempt)
            guard size(path) == result.output.size else {
                throw CoordinatorError(
                    .file, "\(path), a finished segment, is gone or damaged: start over with --restart")
            }
        }
    }

    /// Holds the job's files against the queue: what attempts that did not count have left is removed. What attempts under way
    /// delivered stays, for their workers take it for delivered.
    /// - Returns: accepted results whose files are gone or short.
    /// - Throws: where the job cannot go on at all.
    func setRight(_ record: JobRecord) throws -> [SegmentResult] {
        let job = record.id
        for path in [packets(job), frameTable(job)] where !FileManager.default.fileExists(atPath: path) {
            throw CoordinatorError(.file, "\(path) is gone: remove job \(job), and submit its film again")
        }
        let results = record.plan.segments.compactMap(\.result)
        let open = record.plan.segments.enumerated().flatMap { index, segment in
            segment.attempts.filter { $0.outcome == nil }.map {
                AttemptID(segment: SegmentID(job: job, index: index), number: $0.number)
            }
        }
        try tidy(job, keeping: results.map(\.attempt) + open)
        return missing(of: results)
    }

    /// Those whose files are gone or short.
    func missing(of results: [SegmentResult]) -> [SegmentResult] {
        results.filter { size(segment($0.attempt)) != $0.output.size }
    }

    /// Those whose files are not what was accepted, byte for byte. Reads them all.
    /// - Throws: where one cannot be read: it may be all right
    func damaged(of results: [SegmentResult]) throws -> [SegmentResult] {
        try results.filter { try FileHash.sha256(segment($0.attempt)) != $0.output.sha256 }
    }

    private func size(_ path: String) -> Int64? {
        (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.int64Value
    }

    /// Removes what no unfinished job owns: left by a process that was killed between making a spool and queueing its job,
    /// or between publishing a film and giving its spool back.
    func sweep(keeping jobs: [JobID]) throws {
        guard FileManager.default.fileExists(atPath: root) else { return }
        let wanted = Set(jobs.map(\.rawValue))
        for name in try FileManager.default.contentsOfDirectory(atPath: root) where !wanted.contains(name) {
            try FileManager.default.removeItem(atPath: "\(root)/\(name)")
        }
    }

    /// Removes what attempts that did not count have left.
    func tidy(_ job: JobID, keeping accepted: [AttemptID]) throws {
        let wanted = Set(accepted.map { URL(fileURLWithPath: segment($0)).lastPathComponent })
        for name in try FileManager.default.contentsOfDirectory(atPath: segments(job)) where !wanted.contains(name) {
            try FileManager.default.removeItem(atPath: "\(segments(job))/\(name)")
        }
    }

    /// Gives back all that the job took.
    func remove(_ job: JobID) throws {
        guard FileManager.default.fileExists(atPath: directory(job)) else { return }
        try FileManager.default.removeItem(atPath: directory(job))
    }
}

/// Free space of file systems.
enum DiskSpace {
    /// Bytes that this process may still write below `path`.
    static func free(_ path: String) throws -> Int64 {
        var stat = statvfs()
        guard statvfs(path, &stat) == 0 else {
            throw CoordinatorError(.file, "cannot tell the free space of \(path): \(String(cString: strerror(errno)))")
        }
        return Int64(stat.f_bavail) * Int64(stat.f_frsize)
    }

    static func text(_ bytes: Int64) -> String {
        bytes >= 1 << 30
            ? String(format: "%.1f GiB", Double(bytes) / 0x1p30) : String(format: "%.0f MiB", Double(bytes) / 0x1p20)
    }
}
