internal import Foundation

/// The file system that a directory lies on, as far as it matters whether other machines share it.
/// It is read from the kernel's mount table: `statfs` has one number for all of FUSE, and Glibc's module lacks it.
struct MountedFileSystem: Hashable {
    /// `ext4`, `nfs4`, `fuse.sshfs`, …; nil where there is no mount table to ask.
    var name: String?

    /// Its name if it is a network file system.
    var network: String? {
        guard let name, let kind = name.split(separator: ".").last else { return nil }
        return Self.networkKinds.contains(String(kind)) ? name : nil
    }

    private static let networkKinds: Set<String> = [
        "nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afs", "coda", "9p", "ceph", "ceph-fuse", "glusterfs",
        "lustre", "gpfs", "beegfs", "orangefs", "pvfs2", "moosefs", "mfs", "lizardfs", "seaweedfs", "juicefs", "sshfs",
        "curlftpfs", "davfs", "davfs2", "rclone", "s3fs", "goofys", "gcsfuse", "blobfuse2",
    ]
}

extension MountedFileSystem {
    /// The file system that holds an existing directory.
    init(holding directory: URL) {
        let table = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
        self.init(holding: directory.resolvingSymlinksInPath().path, in: table ?? "")
    }

    /// The innermost mount that holds `path` in the text of `/proc/self/mountinfo`, whose lines are
    /// `id parent major:minor root MOUNTPOINT options… - TYPE source options`.
    init(holding path: String, in table: String) {
        var longest = 0
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 4, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            let point = Self.unescape(fields[4])
            let holds = point == "/" || path == point || path.hasPrefix(point + "/")
            // Of several mounts on one point the last is on top.
            guard holds, point.count >= longest else { continue }
            longest = point.count
            name = String(fields[dash + 1])
        }
    }

    /// The kernel writes space, tab, newline and backslash as octal.
    private static func unescape(_ field: Substring) -> String {
        [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")].reduce(String(field)) {
            $0.replacingOccurrences(of: $1.0, with: $1.1)
        }
    }
}
