import FarmModel
import FarmProtocol
import Foundation
import Media
import Messaging

/// Files on their way here.
extension FrontDesk {
    /// One that was asked about, and may come, or be handed in.
    struct OpenUpload {
        var upload: Upload
        var owner: String?
        var asked: Date
    }

    /// Uploads of one key that may be under way at a time.
    private static let mostOpen = 8
    /// Seconds after which an upload of which nothing comes is taken for given up. Its part stays a week.
    private static let patience = 3600.0
    /// Seconds for which one of which nothing comes counts against its key.
    private static let liveliness = 120.0

    /// Makes ready for a file, unless it is here already.
    func expect(_ upload: Upload, from sender: Sender) async throws -> ClientReply.Answer {
        let path = try uploads.path(upload)
        let before = opened[path]
        let isMoving = -(try uploads.lastTouched(upload) ?? .distantPast).timeIntervalSinceNow < Self.liveliness
        guard !isMoving || before?.upload.size ?? upload.size == upload.size else {
            throw CoordinatorError(.usage, "\(upload.name): a file of that hash has another size")
        }
        let others = try coming().filter { $0.key != path }.values
        let entry = OpenUpload(upload: upload, owner: sender.name, asked: .now)
        if try uploads.holds(upload) {
            opened[path] = entry  // for nobody removes it before it is handed in
            return .present
        }
        guard try others.count(where: { try isAlive($0, sender) }) < Self.mostOpen else {
            throw CoordinatorError(
                .farm, "\(Self.mostOpen) uploads of the key \(sender.name ?? "") are under way: wait for one to end")
        }
        // Before anything is waited for: of two that ask at the same time the other must see it.
        opened[path] = entry
        do { try await requireSpace(for: upload, besides: others.map(\.upload)) } catch {
            opened[path] = before
            throw error
        }
        let blob = BlobReference(id: try uploads.blob(upload), size: upload.size, sha256: upload.sha256)
        bulk.expect(
            id: blob.id, destination: path, limit: upload.size, sha256: upload.sha256, from: .role(.client),
            resumable: true)
        return .deliver(blob)
    }

    /// Whether bytes of it came lately: one that was cut off counts against nobody for long.
    private func isAlive(_ open: OpenUpload, _ sender: Sender) throws -> Bool {
        let touched = max(open.asked, try uploads.lastTouched(open.upload) ?? .distantPast)
        return open.owner == sender.name && -touched.timeIntervalSinceNow < Self.liveliness
    }

    /// Forgets those that were given up.
    /// - Returns: those that are not whole yet, by where they go.
    private func coming() throws -> [String: OpenUpload] {
        opened = try opened.filter { _, open in
            let touched = max(open.asked, try uploads.lastTouched(open.upload) ?? .distantPast)
            return -touched.timeIntervalSinceNow < Self.patience
        }
        return try opened.filter { try !uploads.holds($0.value.upload) }
    }

    private func requireSpace(for upload: Upload, besides others: [Upload]) async throws {
        let (uploads, reserve) = (uploads, reserve)
        try await BlockingWork.run {
            func missing(_ upload: Upload) throws -> Int64 { upload.size - (try uploads.partSize(upload)) }
            let promised = try others.reduce(0) { $0 + max(0, try missing($1)) }
            let folder = URL(fileURLWithPath: try uploads.path(upload)).deletingLastPathComponent().path
            let free = try DiskSpace.free(folder) - reserve - promised
            guard try missing(upload) <= free else {
                throw CoordinatorError(
                    .file,
                    "\(upload.name) has \(DiskSpace.text(upload.size)), and the coordinator has room for \(DiskSpace.text(max(0, free)))"
                )
            }
        }
    }

    /// Now and then gives back what was uploaded and never submitted.
    func sweepUploads() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(3600))
            do { try await giveBackUploads() } catch {
                logger.error("cannot remove uploads that nobody needs: \(error.reason)")
            }
        }
    }

    /// Removes uploads that no job needs any more: each has its film, or is gone.
    /// - Parameter released: files of a job that was removed.
    func giveBackUploads(released: [String] = []) async throws {
        try await alone(with: .uploads) { try await removeUploads(released) }
    }

    /// What was uploaded and not submitted is kept for a week.
    private static let unused: TimeInterval = 7 * 86_400

    private func removeUploads(_ released: [String]) async throws {
        var wanted: Set<String> = []
        var finished = Set(released)
        // First those that wait: one that becomes a job meanwhile is seen twice rather than never.
        for submission in try await store.submissions() { wanted.formUnion(Self.files(of: submission)) }
        for job in try await store.files() {
            let files = [job.source, job.model]
            if job.state == .done { finished.formUnion(files) } else { wanted.formUnion(files) }
        }
        _ = try coming()
        for path in opened.keys { wanted.formUnion([path, path + ".part", path + ".part.of"]) }
        let (uploads, done, kept) = (uploads, finished.subtracting(wanted), wanted)
        try await BlockingWork.run {
            for path in done where uploads.owns(path) { try uploads.remove(path) }
            try uploads.sweep(keeping: kept, olderThan: Self.unused)
        }
    }

    static func files(of submission: SubmissionRecord) -> [String] {
        guard let request = try? JSONDecoder().decode(JobRequest.self, from: Data(submission.request.utf8)) else {
            return []
        }
        return [request.film, request.settings.model]
    }
}
