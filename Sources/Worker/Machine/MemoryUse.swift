internal import Foundation

/// This process's memory and what the machine could still give, in bytes, as Linux tells them.
public enum MemoryUse {
    public static var resident: Double { field("VmRSS", in: "/proc/self/status") ?? 0 }
    public static var peak: Double { field("VmHWM", in: "/proc/self/status") ?? 0 }

    /// Lets `peak` begin anew at what is resident now; where the kernel does not, it stays a bound from above.
    public static func resetPeak() {
        guard let file = fopen("/proc/self/clear_refs", "w") else { return }
        fputs("5", file)
        fclose(file)
    }

    /// What the machine has free, or the control group still allows where that is less.
    public static var available: Double {
        let machine = field("MemAvailable", in: "/proc/meminfo") ?? .infinity
        let group = "/sys/fs/cgroup/memory"
        guard let limit = number("\(group).max"), let used = number("\(group).current") else { return machine }
        return min(machine, max(0, limit - used))
    }

    private static func field(_ name: String, in path: String) -> Double? {
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line?.split(separator: " ").dropLast().last.flatMap { Double($0) }.map { $0 * 1024 }
    }

    private static func number(_ path: String) -> Double? {
        let text = try? String(contentsOfFile: path, encoding: .utf8)
        return text.flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }
}
