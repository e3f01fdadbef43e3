import Foundation
import Synchronization

/// What a process has used, as /proc tells.
struct ProcessUse {
    var time = Now.seconds
    var cpuSeconds = 0.0
    /// Most bytes of memory it ever held.
    var peak = 0
    var files = 0

    init(_ process: Int32) {
        func text(_ name: String) -> String {
            (try? String(contentsOfFile: "/proc/\(process)/\(name)", encoding: .utf8)) ?? ""
        }
        // Behind the name in brackets, which may hold anything: state is the first field.
        let fields = text("stat").split(separator: ")").last?.split(separator: " ").map(String.init) ?? []
        if fields.count > 12 {
            cpuSeconds = ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
        let line = text("status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        peak = (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) << 10
        files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count) ?? 0
    }
}

/// How often a disk makes a small file durable, as a segment is: 4 KiB, its fsync, a rename, the folder's fsync. The files
/// stay, for ext4 makes new ones slowly for a while after many were removed.
struct DiskRate: Encodable {
    var event = "disk"
    var threads: Int
    /// Files a second.
    var rate: Double

    static func measure(_ folder: String, threads: Int, seconds: Double = 3) throws -> DiskRate {
        let path = "\(folder)/fsync-rate"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let made = Mutex(0)
        let end = Now.seconds + seconds
        let group = DispatchGroup()
        for number in 0..<threads {
            group.enter()
            Thread {
                var count = 0
                while Now.seconds < end, make("\(path)/\(number)-\(count)", in: path) { count += 1 }
                made.withLock { $0 += count }
                group.leave()
            }.start()
        }
        group.wait()
        return DiskRate(threads: threads, rate: Double(made.withLock { $0 }) / seconds)
    }

    /// False where the disk does not take it.
    private static func make(_ path: String, in folder: String) -> Bool {
        let file = open(path + ".part", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { for descriptor in [file, directory] where descriptor >= 0 { close(descriptor) } }
        let bytes = [UInt8](repeating: 0x55, count: 4096)
        return write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0 && rename(path + ".part", path) == 0
            && fsync(directory) == 0
    }

    var text: String {
        let threads = threads == 1 ? "1 thread" : "\(threads) threads"
        return "  the disk: \(String(format: "%.0f", rate)) small files/s made durable by \(threads)"
    }
}
