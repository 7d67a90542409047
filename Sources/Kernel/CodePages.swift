internal import CLinux

/// The pages of the program's own code that are in memory.
package enum CodePages {
    /// Lets go of them all (madvise(2), MADV_DONTNEED): what runs comes back at its next use from
    /// the system's cache, what only the start needed does not.
    package static func giveBack() { sluice_give_back_code() }
}
