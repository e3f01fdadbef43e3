/// The slots that can do the work of jobs with the same needs, and those jobs.
struct Pool: Sendable {
    let needs: JobNeeds
    /// Jobs that have not ended.
    var members = 0
    /// Jobs that a slot with room could work on now.
    var ready = SortedList<JobKey>()
    /// Jobs whose last segments are under way.
    var tails = SortedList<JobKey>()
    /// Slots with room.
    var open = SortedList<OpenSlot>()
    /// Workers with such a slot that may be given work, busy or not.
    var available = 0

    init(needs: JobNeeds) { self.needs = needs }
}
