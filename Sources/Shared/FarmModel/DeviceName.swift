/// What people call a device: auto, cpu, cuda or cuda:N. Whether it is there is another question.
public enum DeviceName: Hashable, Sendable {
    case auto
    case cpu
    case cuda(Int)

    /// nil for what is no such name; `cuda` is the first.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch text {
        case "auto": self = .auto
        case "cpu": self = .cpu
        case "cuda": self = .cuda(0)
        default:
            guard parts.count == 2, parts[0] == "cuda", let index = Int(parts[1]), index >= 0 else { return nil }
            self = .cuda(index)
        }
    }

    /// What is wrong with a text that is no name, and what is right.
    public static func refusal(of text: String) -> String { "unknown device '\(text)': use auto, cpu or cuda:N" }
}
