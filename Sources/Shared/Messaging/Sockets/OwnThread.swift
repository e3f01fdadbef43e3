internal import Dispatch

/// Carries a value that is not Sendable into the one thread that owns it from then on.
// Unchecked because the giver lets go of the value: a thread's start is the full fence that libzmq asks for.
struct Handover<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}

private let blockingWork = DispatchQueue(label: "messaging blocking work", attributes: .concurrent)

/// Runs blocking work on a thread that nothing else uses meanwhile, so that the cooperative pool never waits for it.
func onOwnThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        blockingWork.async { continuation.resume(returning: work()) }
    }
}
