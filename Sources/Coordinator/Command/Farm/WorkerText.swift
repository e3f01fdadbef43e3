import FarmProtocol

/// Workers in words: a line a slot.
enum WorkerText {
    static func table(_ workers: [WorkerView]) -> [String] {
        guard !workers.isEmpty else { return ["no workers"] }
        let rows = workers.flatMap { worker -> [[String]] in
            let head = [worker.name, worker.state.rawValue]
            let tail = ["\(worker.segmentsDone)", "\(worker.failures)", worker.reason ?? ""]
            guard !worker.slots.isEmpty else { return [head + ["-", "-", "-", "-"] + tail] }
            return worker.slots.enumerated().map { index, slot in
                (index == 0 ? head : ["", ""]) + [
                    "\(slot.device) \(slot.deviceModel)", slot.fps.map { fps($0) } ?? "-", slot.limit?.rawValue ?? "-",
                    work(slot),
                ] + (index == 0 ? tail : ["", "", ""])
            }
        }
        return TextTable.lines(["WORKER", "STATE", "DEVICE", "FPS", "LIMIT", "WORK", "DONE", "FAILED", ""], rows)
    }

    private static func work(_ slot: WorkerView.Slot) -> String {
        if let job = slot.calibrates { return "calibrates \(job)" }
        guard let current = slot.leases.first else { return "-" }
        let next = slot.leases.dropFirst().map { ", next \($0.attempt.segment)" }.joined()
        return "\(current.attempt) \(current.frames)/\(current.total)" + next
    }

    private static func fps(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
