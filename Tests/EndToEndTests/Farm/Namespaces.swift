import Foundation
import TestSupport

/// Machines of their own on one network, as far as the kernel can make them here: a network namespace each, joined by a bridge
/// in the first; and a mount namespace for whoever is not to see others' files.
final class Namespaces: Sendable {
    private let names: [String]

    /// Whether this process may make any, with the tools it takes.
    static let areAvailable: Bool = {
        guard geteuid() == 0 else { return false }
        return ["ip", "nft", "unshare"].allSatisfy { tool in
            ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].contains { access("\($0)/\(tool)", X_OK) == 0 }
        }
    }()

    /// - Parameter hosts: how many besides the first.
    init(hosts: Int) async throws {
        let tag = "uf\(getpid() % 10000)\(UInt8.random(in: 0...99))"
        names = (0...hosts).map { "\(tag)-\($0)" }
        for name in names {
            try await run("ip", ["netns", "add", name])
            try await run("ip", ["-n", name, "link", "set", "lo", "up"])
        }
        try await run("ip", ["-n", names[0], "link", "add", "br0", "type", "bridge"])
        try await run("ip", ["-n", names[0], "addr", "add", "10.77.0.1/24", "dev", "br0"])
        try await run("ip", ["-n", names[0], "link", "set", "br0", "up"])
        for (number, name) in names.enumerated().dropFirst() {
            let (here, there) = ("v\(number)", "eth0")
            try await run(
                "ip", ["-n", names[0], "link", "add", here, "type", "veth", "peer", "name", there, "netns", name])
            try await run("ip", ["-n", names[0], "link", "set", here, "master", "br0", "up"])
            try await run("ip", ["-n", name, "addr", "add", "10.77.0.\(number + 1)/24", "dev", there])
            try await run("ip", ["-n", name, "link", "set", there, "up"])
        }
    }

    deinit {
        for name in names {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["ip", "netns", "del", name]
            try? process.run()
            process.waitUntilExit()
        }
    }

    /// Where the first one is reached.
    static let firstAddress = "10.77.0.1"

    func name(_ host: Int) -> String { names[host] }

    /// What runs a command on a host.
    func prefix(_ host: Int) -> [String] { ["ip", "netns", "exec", names[host]] }

    /// The same, with folders that it finds empty, whatever others see there.
    func prefix(_ host: Int, hiding folders: [String]) -> [String] {
        let hide = folders.map { "mkdir -p '\($0)' && mount -t tmpfs none '\($0)' && " }.joined()
        return prefix(host) + ["unshare", "--mount", "sh", "-c", hide + "exec \"$@\"", "sh"]
    }
}
