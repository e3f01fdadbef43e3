import FarmModel
import Foundation
import Logging
import Messaging

/// Bytes a second of bulk transfers beside bare libzmq with the same messages, in the same run; memory of both sides; and how
/// late control messages are meanwhile. `make bench-transfer`
///
/// Usage: transfer-bench [MIB [FOLDER]]; the other side is this program again, as a child.
@main
struct TransferBench {
    static func main() async throws {
        let arguments = CommandLine.arguments
        if arguments.count > 3, arguments[1] == "bare" {
            return try BareReceiver.run(arguments[2], arguments[3], arguments.dropFirst(4))
        }
        if arguments.count > 3, arguments[1] == "farm" { return try await FarmSide.run(arguments[2], arguments[3]) }
        let size = (arguments.count > 1 ? Int(arguments[1]) ?? 1024 : 1024) << 20
        let folder = arguments.count > 2 ? arguments[2] : NSTemporaryDirectory()
        try await Run(size: size, folder: folder).all()
    }
}

/// One run of everything.
struct Run {
    let size: Int
    let directory: String

    init(size: Int, folder: String) throws {
        self.size = size
        directory = "\(folder)/uf-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    func all() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let writing = try await time { try makeFilm() }
        var film = BlobReference(id: "film", size: 0, sha256: "")
        let hashing = try await time {
            film = try await BlobReference.describing(id: "film", slices: [.file("\(directory)/film")])
        }
        print(
            "\(size >> 20) MiB in \(directory), messages of 1 MiB, two processes, \(ProcessInfo.processInfo.processorCount) cores"
        )
        // What a transfer does besides: the receiver writes and hashes each byte.
        print(row("writing the film", Double(size) / writing))
        print(row("reading and hashing it", Double(size) / hashing))
        for transport in Transport.allCases {
            let bare = try BareSender.run(transport, size: size, directory: directory)
            let filed = try BareSender.run(transport, size: size, directory: directory, isFilm: true)
            print(row("\(transport.rawValue) bare libzmq", bare))
            print(row("\(transport.rawValue) bare, with files", filed, bare))
            try await farm(transport, film, (bare, filed))
        }
    }

    private func farm(_ transport: Transport, _ film: BlobReference, _ bare: (Double, Double)) async throws {
        let key = "\(directory)/\(transport.rawValue).key"
        let other = try Other(["farm", transport.rawValue, directory])
        let endpoints = try other.readLine().split(separator: " ").map(String.init)
        let security: EndpointSecurity = transport == .curve ? try KeyFile(contentsOf: key).security : .localOnly
        let context = try MessagingContext()
        let bulk = try BulkClient(context: context, endpoint: EndpointAddress(endpoints[1]), security: security)
        let pulse = try Pulse(context, try EndpointAddress(endpoints[0]), security)
        let quiet = try await pulse.during { try await Task.sleep(for: .seconds(1)) }
        var seconds = 0.0
        let up = try await pulse.during {
            seconds = try await time { try await bulk.deliver(film, from: "\(directory)/film") }
        }
        print(row("\(transport.rawValue) up", Double(size) / seconds, bare.0, bare.1) + up)
        let down = try await pulse.during {
            seconds = try await time { try await bulk.fetch(film, to: "\(directory)/fetched") }
        }
        print(row("\(transport.rawValue) down", Double(size) / seconds, bare.0, bare.1) + down)
        await bulk.close()
        await pulse.close()
        print("  no transfer:".padding(to: 70) + quiet)
        print("  most memory: this side \(Memory.peak >> 20) MiB, the coordinator's \(try other.end()) MiB")
        try? FileManager.default.removeItem(atPath: "\(directory)/fetched")
    }

    private func time(_ work: () async throws -> Void) async throws -> Double {
        try await ContinuousClock().measure { try await work() } / .seconds(1)
    }

    private func row(_ name: String, _ rate: Double, _ bare: Double? = nil, _ filed: Double? = nil) -> String {
        let share = bare.map { String(format: "%4.0f %% of bare", rate / $0 * 100) } ?? ""
        let other = filed.map { String(format: ", %.0f %% with files", rate / $0 * 100) } ?? ""
        return (name.padding(to: 22) + String(format: "%7.0f MB/s  ", rate / 1e6) + share + other).padding(to: 70)
    }

    private func makeFilm() throws {
        _ = FileManager.default.createFile(atPath: "\(directory)/film", contents: nil)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(directory)/film"))
        var block = Data(count: 1 << 20)
        for index in 0..<(size >> 20) {
            block.withUnsafeMutableBytes { $0.storeBytes(of: index, as: Int.self) }
            try file.write(contentsOf: block)
        }
        try file.close()
    }
}

/// How two processes of one machine may be connected, as the farm has it.
enum Transport: String, CaseIterable {
    /// Without keys.
    case ipc
    /// TCP on the loopback interface, with keys.
    case curve
}

enum Memory {
    /// The most bytes that this process ever held.
    static var peak: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (line.split(separator: " ").compactMap { Int($0) }.first ?? 0) << 10
    }
}

extension String {
    func padding(to count: Int) -> String { padding(toLength: max(count, self.count), withPad: " ", startingAt: 0) }
}
