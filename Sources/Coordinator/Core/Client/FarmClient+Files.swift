public import FarmModel
public import FarmProtocol
import Foundation
import Media
import Messaging
import Synchronization

/// Bytes done and in all.
public typealias TransferProgress = @Sendable (_ done: Int64, _ total: Int64) -> Void

/// Files on their way to the coordinator and back. Either way goes on where it was cut off, also in another process.
extension FarmClient {
    /// Gives a file to the coordinator, unless it has it.
    /// - Parameter hashing: told how much of it is read, before anything is sent
    /// - Throws: `CoordinatorError`; `CancellationError`
    public func upload(
        _ path: String, as kind: Upload.Kind, hashing: @escaping TransferProgress = { _, _ in },
        progress: @escaping TransferProgress
    ) async throws -> Upload {
        let file = URL(fileURLWithPath: path)
        let content: BlobReference
        do {
            content = try await BlobReference.describing(
                id: path, slices: [try .file(file.path)], progress: hashing)
        } catch let error as CancellationError { throw error } catch { throw CoordinatorError(.file, error.reason) }
        let upload = Upload(kind: kind, name: file.lastPathComponent, size: content.size, sha256: content.sha256)
        try await transfer("upload \(path)", progress) { progress in
            let answer = try await self.ask(.upload(upload))
            if case .present = answer { return }
            guard case .deliver(let blob) = answer else { throw await self.unexpected(answer) }
            try await self.bulk.deliver(blob, from: file.path, patience: await self.filePatience, progress: progress)
        }
        return upload
    }

    /// Brings a finished film; it appears under its name when it is whole.
    /// - Parameters:
    ///   - path: a file, or a folder for the film's own name; nil: the folder where the command runs.
    ///   - overwrite: a file of that name may be replaced.
    /// - Returns: the film's path.
    /// - Throws: `CoordinatorError`; `CancellationError`
    public func fetch(
        _ job: JobID, to path: String?, overwrite: Bool, progress: @escaping TransferProgress
    ) async throws -> String {
        let target = try await transfer("fetch \(job)", progress) { progress in
            let answer = try await self.ask(.fetch(job: job))
            guard case .film(let offer) = answer else { throw await self.unexpected(answer) }
            let target = try FetchTarget(path, name: offer.name, overwrite: overwrite)
            try await self.bulk.fetch(
                offer.blob, to: target.partial(of: job), resumable: true, patience: await self.filePatience,
                progress: progress)
            return target
        }
        try await BlockingWork.run {
            try Publication.publish(target.partial(of: job), as: target.path, overwrite: overwrite)
        }
        return target.path
    }
}

extension FarmClient {
    /// A coordinator that was started anew knows nothing of transfers: it is asked again, and they go on. One that refuses again
    /// and again, and takes nothing between, means it.
    private func transfer<Value: Sendable>(
        _ what: String, _ progress: @escaping TransferProgress,
        _ work: @Sendable (@escaping TransferProgress) async throws -> Value
    ) async throws -> Value {
        let farthest = Farthest()
        var (refusals, reached) = (0, Int64(0))
        while true {
            do {
                return try await work { done, total in
                    farthest.note(done)
                    progress(done, total)
                }
            } catch MessagingError.refused(_, let reason) {
                // To begin anew and come as far again is no progress.
                refusals = farthest.value > reached ? 1 : refusals + 1
                reached = max(reached, farthest.value)
                guard refusals < 5 else {
                    throw CoordinatorError(.farm, "cannot \(what): the coordinator refuses it: \(reason)")
                }
                try await Task.sleep(for: .seconds(1))
            } catch MessagingError.held where patience == .infinity {
                // For want of space there: nobody's fault, and it goes on.
                try await Task.sleep(for: .seconds(5))
            } catch let error as MessagingError {
                throw Self.failure(to: what, error)
            }
        }
    }

    private static func failure(to what: String, _ error: MessagingError) -> CoordinatorError {
        switch error {
        case .file, .key: CoordinatorError(.file, "cannot \(what): \(error); the same command goes on where it was")
        case .damaged:
            CoordinatorError(.file, "cannot \(what): \(error): the file was changed or damaged on its way or meanwhile")
        case .blob: CoordinatorError(.file, "cannot \(what): \(error)")
        default: CoordinatorError(.farm, "cannot \(what): \(error); the same command goes on where it was")
        }
    }

    private var filePatience: Patience { patience == .infinity ? .forever : .usual }
}

/// How far a transfer has come in any of its tries, in bytes.
private final class Farthest: Sendable {
    private let done = Atomic<Int64>(0)

    var value: Int64 { done.load(ordering: .relaxed) }
    func note(_ bytes: Int64) { done.max(bytes, ordering: .relaxed) }
}

/// Where a fetched film goes.
struct FetchTarget: Sendable {
    let path: String

    /// - Throws: `CoordinatorError` where nothing could be put there, or the name promises another container.
    init(_ path: String?, name: String, overwrite: Bool) throws {
        // The name comes from the other side: it must not lead into another folder.
        let name = URL(fileURLWithPath: "/" + name).lastPathComponent
        var isDirectory: ObjCBool = false
        let given = URL(fileURLWithPath: path ?? ".").standardizedFileURL
        let exists = FileManager.default.fileExists(atPath: given.path, isDirectory: &isDirectory)
        guard exists || path?.hasSuffix("/") != true else {
            throw CoordinatorError(.file, "the folder \(path ?? "") does not exist: create it, or name another with -o")
        }
        let file = exists && isDirectory.boolValue ? given.appendingPathComponent(name) : given
        self.path = file.path
        let (asked, own) = (file.pathExtension, URL(fileURLWithPath: "/" + name).pathExtension)
        guard asked.isEmpty || own.isEmpty || Container.areAlike(asked, own) else {
            throw CoordinatorError(
                .usage,
                "the film is .\(own), and fetching makes no .\(asked) of it: give a name that ends in .\(own) with -o")
        }
        guard overwrite || !FileManager.default.fileExists(atPath: file.path) else {
            throw CoordinatorError(
                .file, "\(file.path) exists: give --overwrite to replace it, or another name with -o")
        }
        let folder = file.deletingLastPathComponent().path
        guard access(folder, W_OK) == 0 else {
            throw CoordinatorError(
                .file,
                "cannot write into the folder \(folder): \(String(cString: strerror(errno))); name another with -o")
        }
    }

    /// Beside the film's name, so that naming it is one step.
    func partial(of job: JobID) -> String {
        let file = URL(fileURLWithPath: path)
        return file.deletingLastPathComponent().path + "/.\(file.lastPathComponent).\(job).fetch"
    }
}
