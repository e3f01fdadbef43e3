package import FarmModel
internal import FarmProtocol

/// Why a job does not get on, in words that tell an operator what to do.
extension Scheduler {
    func waits(of job: JobRun) -> [WaitReason] {
        switch job.plan.state {
        case .done, .failed, .cancelled: return []
        case .concatenating:
            if job.isJoining { return [] }
            return [WaitReason(.diskFull, job.joinHold ?? diskFull ?? "no space to join the film")]
        case .running: break
        }
        var reasons: [WaitReason] = []
        if job.plan.isPaused { reasons.append(WaitReason(.paused, "it is paused; resume it")) }
        if let diskFull { reasons.append(WaitReason(.diskFull, diskFull)) }
        if isAtWork(job) || !reasons.isEmpty { return reasons }
        if job.plan.shape == nil { return waitsForShape(job) }
        return orphanWaits(job) + (job.waitingCount == 0 ? [] : slotWaits(job))
    }

    /// Somebody does something for it.
    private func isAtWork(_ job: JobRun) -> Bool {
        isCalibrating(job.id)
            || job.open.contains { index, numbers in
                numbers.contains {
                    holders[AttemptID(segment: SegmentID(job: job.id, index: index), number: $0)] != nil
                }
            }
    }

    private func waitsForShape(_ job: JobRun) -> [WaitReason] {
        if let ref = job.calibration.holder, let name = workers[ref.worker]?.name {
            return [WaitReason(.calibration, "\(name) will calibrate it, after what it works on")]
        }
        let wait = job.calibration.notBefore - clock
        if wait > 0 { return [WaitReason(.backOff, "calibration failed; it is tried again in \(seconds(wait))")] }
        return slotWaits(job)
    }

    private func orphanWaits(_ job: JobRun) -> [WaitReason] {
        let names = Set(
            job.open.flatMap { index, numbers in
                numbers.map { job.plan.segments[index].attempts[$0 - 1].worker }
            })
        if names.isEmpty { return [] }
        let text = "\(list(names.sorted())) had segments of it and may still; waited for since the coordinator started"
        return [WaitReason(.reconnection, text)]
    }

    private func slotWaits(_ job: JobRun) -> [WaitReason] {
        let needs = job.plan.effectiveNeeds
        let slots = workers.keys.sorted().flatMap { workers[$0]?.hello.slots ?? [] }
        if slots.isEmpty { return [WaitReason(.noWorker, "no worker is connected")] }
        if let lack = lack(of: needs, in: slots) { return [lack] }
        if job.pool.flatMap({ pools[$0]?.available }) ?? 0 == 0 { return unavailable(needs) }
        if job.backingOff.count == job.waitingCount, let soonest = job.backingOff.values.min() {
            let wait = seconds(max(1, soonest - clock))  // one that is due waits for the next tick
            return [WaitReason(.backOff, "after a failure, its next attempt is due in \(wait)")]
        }
        if let untried = untriedWait(job) { return [untried] }
        return [WaitReason(.behind, behind(job))]
    }

    private func lack(of needs: JobNeeds, in slots: [SlotDescription]) -> WaitReason? {
        let encoding = slots.filter(needs.hasEncoder)
        if encoding.isEmpty {
            let offered = Set(slots.flatMap(\.encoders)).sorted().joined(separator: ", ")
            return WaitReason(.noEncoder, "no worker has the encoder \(needs.encoder) (offered: \(offered))")
        }
        let devices = encoding.filter(needs.hasDevice)
        if devices.isEmpty {
            return WaitReason(.noDevice, "it is to run in fp16, and no worker has a CUDA device for it")
        }
        if devices.contains(where: needs.hasMemory) { return nil }
        let most = devices.map(\.memory).max() ?? 0
        return WaitReason(
            .noMemory,
            "it needs \(mebibytes(needs.memory)), and the largest device has \(mebibytes(most)); less is needed with a smaller --height or --temporal-blend"
        )
    }

    private func unavailable(_ needs: JobNeeds) -> [WaitReason] {
        var names: [WaitReason.Code: [String]] = [:]
        for number in workers.keys.sorted() {
            guard let worker = workers[number], worker.hello.slots.contains(where: needs.areMet) else { continue }
            let note = notes[worker.name]
            let code: WaitReason.Code =
                worker.isSilent
                ? .silent : note?.asideReason != nil ? .aside : note?.isDrained == true ? .drained : .leaving
            names[code, default: []].append(worker.name)
        }
        let words: [(WaitReason.Code, String)] = [
            (.silent, "nothing is heard of"), (.aside, "set aside after failures (see `workers`; `reinstate`):"),
            (.drained, "drained (`undrain`):"), (.leaving, "about to leave:"),
        ]
        return words.compactMap { code, text in names[code].map { WaitReason(code, "\(text) \(list($0))") } }
    }

    /// Slots have room, and the job waits for better ones.
    private func untriedWait(_ job: JobRun) -> WaitReason? {
        guard let pool = job.pool.flatMap({ pools[$0] }), !pool.open.isEmpty, job.fresh.isEmpty || job.plan.shape == nil
        else { return nil }
        let marks = job.plan.shape == nil ? job.calibration.marks : job.marked.flatMap { job.plan.segments[$0].marks }
        let names = Set(marks.map(\.worker)).union(suspects).sorted()
        guard !names.isEmpty else { return nil }
        return WaitReason(.untried, "work came to nothing on \(list(names)), and waits a while for another worker")
    }

    private func behind(_ job: JobRun) -> String {
        let ahead = jobOrder.prefix { $0 < job.key }.map(\.id).filter { jobs[$0]?.isLeasable == true }
        if ahead.isEmpty { return "all slots that can do it are busy" }
        return "behind \(list(ahead.map(\.rawValue))): all slots that can do it are busy"
    }

    private func list(_ names: [String]) -> String {
        names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
    }

    private func seconds(_ time: Double) -> String { "\(Int(time.rounded(.up))) s" }
    private func mebibytes(_ bytes: Int64) -> String { "\(bytes >> 20) MiB of device memory" }
}

/// For the simulation, which asks after every event.
extension Scheduler {
    package func waits(of id: JobID) -> [WaitReason] { jobs[id].map(waits) ?? [] }

    /// Segments that nobody has yet, and that are under way.
    package func segmentsLeft(of id: JobID) -> (waiting: Int, leased: Int) {
        (jobs[id]?.waitingCount ?? 0, jobs[id]?.open.count ?? 0)
    }

    /// A worker is at work on the job or will be, or its film is being joined.
    package func isAtWork(on id: JobID) -> Bool {
        guard let job = jobs[id] else { return false }
        return job.plan.state.isEnded || job.isJoining || isAtWork(job)
    }
}
