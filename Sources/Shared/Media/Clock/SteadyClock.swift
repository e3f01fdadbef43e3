/// Makes one clock of those that follow each other in a transport or program stream.
///
/// Recordings joined byte by byte, the cells of a DVD and broadcasts that start anew count from elsewhere in the middle of a
/// film. Players go on there as if nothing were, and so does this. A packet of sound or pictures that lies more than `reach`
/// from where all streams are, or before its own stream's last, begins a new clock. From there packets are held
/// back until each stream has shown where it begins by the new clock, which is then set so that no stream runs into its
/// own end; all streams are moved alike, so sound stays beside its pictures. A lone packet of another time is damage: it is
/// put where its stream was, and the clock stays. So it does where a stream steps back while another goes on: what was sent
/// twice is for muxers to press together.
///
/// Times are ticks of 90 kHz, the same for all streams.
struct SteadyClock<Packet> {
    struct Times {
        var stream: Int
        /// Of sound or pictures: others only follow.
        var leads: Bool
        var pts: Int64?
        var dts: Int64?
        var duration: Int64
        /// Bytes.
        var size: Int

        var decoding: Int64? { dts ?? pts }
    }

    /// What is added to the timestamps of `packet`.
    typealias Moved = (packet: Packet, shift: Int64)

    /// Ten seconds, as in ffmpeg and mpv: a longer gap in all streams is none.
    static var reach: Int64 { 10 * 90_000 }
    /// Muxers' rounding and jitter.
    private static var slack: Int64 { 9_000 }
    static var mostWaiting: (packets: Int, bytes: Int, ticks: Int64) { (4000, 64 << 20, 5 * 90_000) }

    /// One of the film's clocks.
    struct Clock {
        var shift: Int64 = 0
        /// Of each stream that leads: the last decoding time.
        var last: [Int: Int64] = [:]

        func isNear(_ time: Int64) -> Bool {
            last.isEmpty || last.values.contains { abs(time - $0) <= SteadyClock.reach }
        }

        /// Whether `time` follows in its own stream.
        func follows(_ time: Int64, _ stream: Int) -> Bool {
            last[stream].map { time >= $0 - SteadyClock.slack && time <= $0 + SteadyClock.reach } ?? false
        }

        func continues(_ time: Int64, _ stream: Int) -> Bool {
            last[stream].map { time >= $0 - SteadyClock.slack } ?? true && isNear(time)
        }

        /// Streams that have not ended.
        var active: Dictionary<Int, Int64>.Keys {
            let front = last.values.max() ?? 0
            return last.filter { $0.value >= front - SteadyClock.reach }.keys
        }
    }

    /// The least or the greatest of a stream's times, by either kind of them.
    struct Edge {
        var decoding: Int64
        var shown: Int64
    }

    var clock = Clock()
    var before = Clock()
    /// The clock that begins, while packets wait.
    var next: Clock?
    /// Where the streams were by the old one when it began.
    var left: [Int: Int64] = [:]
    var starts: [Int: Edge] = [:]
    var waiting: [(packet: Packet, times: Times, isNew: Bool)] = []
    var waitingBytes = 0
    /// Where each stream ends so far, by the film's one clock.
    var ends: [Int: Edge] = [:]
    /// The first packet's time.
    var start: Int64?
    /// New clocks so far, and where the first began, in ticks from the film's start.
    var jumps: (count: Int, first: Int64) = (0, 0)

    /// Takes the next packet in the order of the file; gives those whose time is known now.
    mutating func take(_ packet: Packet, _ times: Times) -> [Moved] {
        guard next == nil else { return hold(packet, times) }
        guard let time = times.decoding else { return [(packet, 0)] }
        start = start ?? times.pts ?? time
        let stream = times.stream
        if clock.continues(time, stream) { return [(packet, note(times))] }
        if before.follows(time, stream) {
            (clock, before) = (before, clock)
            return [(packet, note(times))]
        }
        guard times.leads else { return [(packet, clock.shift)] }
        (next, left) = (Clock(), clock.last)
        return hold(packet, times)
    }

    /// Gives what waits, after the last packet.
    mutating func finish() -> [Moved] { next == nil ? [] : settle(keeping: false) }

    private mutating func hold(_ packet: Packet, _ times: Times) -> [Moved] {
        guard let time = times.decoding, var new = next else {
            waiting.append((packet, times, false))
            waitingBytes += times.size
            return isSettled ? settle(keeping: false) : []
        }
        let stream = times.stream
        let hasJumped = new.last[stream] != nil
        let isNew = hasJumped ? new.continues(time, stream) : !clock.follows(time, stream) && new.isNear(time)
        if !isNew, times.leads, hasJumped || !clock.continues(time, stream) {
            // Back again, or to a third clock.
            return settle(keeping: clock.follows(time, stream)) + take(packet, times)
        }
        waiting.append((packet, times, isNew))
        waitingBytes += times.size
        if isNew {
            begin(times)
            if times.leads { new.last[stream] = time }
            next = new
        } else {
            _ = note(times)
        }
        return isNone ? goOn() : isSettled ? settle(keeping: false) : []
    }

    private mutating func begin(_ times: Times) {
        guard times.leads, let time = times.decoding else { return }
        let known = starts[times.stream] ?? Edge(decoding: time, shown: times.pts ?? time)
        starts[times.stream] = Edge(
            decoding: min(known.decoding, time), shown: min(known.shown, times.pts ?? known.shown))
    }

    private mutating func note(_ times: Times) -> Int64 {
        if times.leads, let time = times.decoding { clock.last[times.stream] = time }
        end(times, shift: clock.shift)
        return clock.shift
    }

    mutating func end(_ times: Times, shift: Int64) {
        guard times.leads, let time = times.decoding else { return }
        let length = max(1, times.duration)
        let (decoding, shown) = (time + shift + length, (times.pts ?? time) + shift + length)
        let known = ends[times.stream] ?? Edge(decoding: decoding, shown: shown)
        ends[times.stream] = Edge(decoding: max(known.decoding, decoding), shown: max(known.shown, shown))
    }
}
