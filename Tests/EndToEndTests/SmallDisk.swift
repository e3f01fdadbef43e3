import Foundation
import TestSupport

/// A file system of its own in memory, for as long as this object lives. Mounting takes root's rights.
final class SmallDisk: Sendable {
    let path: String
    /// Outlives what is mounted in it.
    private let folder: TemporaryFolder

    init(_ name: String, in folder: TemporaryFolder, mebibytes: Int, readOnly: Bool = false) throws {
        path = folder.path(name)
        self.folder = folder
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", readOnly ? UInt(MS_RDONLY) : 0, "size=\(mebibytes)m") == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    static let canMount = (try? SmallDisk("disk", in: TemporaryFolder(), mebibytes: 1)) != nil
}
