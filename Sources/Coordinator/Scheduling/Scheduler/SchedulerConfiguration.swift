/// The scheduler's limits. Times are seconds.
public struct SchedulerConfiguration: Hashable, Sendable {
    /// Without a heartbeat that names an attempt for so long, its lease lapses; without any word, a worker is silent.
    public var leaseLifetime = 30.0
    /// A slot that works on a lease and shows no frame for so long, though its worker names it, loses it: its input or its
    /// result does not get through, or its engine hangs. Longer than the 15 min after which a worker itself ends an engine
    /// that hangs, for it can say more; and see `Scheduler.patience(with:)`.
    public var stillness = 1200.0
    /// For so long what an earlier life of the coordinator leased waits for its worker; 0: no worker outlives it.
    public var reconnection = 30.0
    /// Leases that a slot holds: the current one and the next (P9).
    public var leasesPerSlot = 2
    /// The wait before a segment's second attempt; it doubles with each further one.
    public var backOff = 1.0
    public var longestBackOff = 60.0
    /// For so long a segment waits for a slot that has not failed on it, before it takes any.
    public var patience = 60.0
    /// Failed attempts of a segment, or failed calibrations, that fail the job.
    public var failureLimit = 3
    /// Attempts of a segment, or calibrations, that lost their worker at work that fail the job. Far above
    /// `failureLimit`: a killed worker says nothing about its segment. Yet one that takes down every worker must end.
    public var lossLimit = 10
    /// Segments that a worker fails in a row, and others do, before it is set aside.
    public var failureStreak = 3
    /// A worker that has not been away for longer may come back and try what failed elsewhere.
    public var absence = 600.0
    /// A worker that has been away for so long is forgotten, unless an operator decided about it.
    public var workerMemory = 86_400.0
    /// A calibrating worker may be silent for so long: nothing in it reports progress.
    public var calibrationSilence = 120.0
    /// The longest a calibration may take.
    public var calibrationLimit = 900.0
    /// When the scheduler itself heard nothing for longer, not even a tick, it was asleep: what is longer is nobody's
    /// silence.
    public var stall = 5.0

    public init() {}
}
