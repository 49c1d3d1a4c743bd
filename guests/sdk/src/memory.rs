//! A guest's memory: an allocator that begins in room which is there when the call begins.
//!
//! Every call has a fresh instance. Rust's own allocator asks for more linear memory the moment it is first used, and
//! again and again as it goes; each time costs the host two calls of the kernel that interrupt other processors. This
//! one begins with [`ROOM`] bytes of the module's own: pages that nobody touches cost nothing. A call that needs more
//! asks for it [`STEP`] bytes at once.
#![allow(unsafe_code, reason = "an allocator hands out memory")]

use core::alloc::Layout;
use core::arch::wasm32::memory_grow;
use core::mem::MaybeUninit;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

/// What there is from the beginning, in bytes.
const ROOM: usize = 1 << 20;

/// The least that is asked for later, in bytes, where the host gives as much.
const STEP: usize = 1 << 20;

/// What linear memory grows by.
const PAGE: usize = 64 << 10;

static mut FIRST: [MaybeUninit<u8>; ROOM] = [const { MaybeUninit::uninit() }; ROOM];

#[global_allocator]
static MEMORY: TalcSyncCell<Rooms, WasmBinning> = TalcSyncCell::new_wasm(Rooms::Untouched);

/// Where memory comes from: first what is there, then what the host gives.
#[derive(Debug)]
enum Rooms {
    Untouched,
    Taken,
}

// SAFETY: it allocates nothing itself. FIRST is given away once and spoken of nowhere else; what `memory_grow` answers
// with belongs to whom it answers.
unsafe impl Source for Rooms {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let (start, size) = match talc.source {
            Self::Untouched => ((&raw mut FIRST).cast(), ROOM),
            Self::Taken => grown(layout).ok_or(())?,
        };
        talc.source = Self::Taken;
        unsafe { talc.claim(start, size) }.map(|_| ()).ok_or(())
    }
}

/// More linear memory, enough for this layout and what the allocator keeps beside it; none where the host gives no more.
fn grown(layout: Layout) -> Option<(*mut u8, usize)> {
    let needed = layout.size().checked_add(layout.align())?.checked_add(PAGE)?.div_ceil(PAGE);
    [needed.max(STEP / PAGE), needed].into_iter().find_map(|pages| {
        let before = memory_grow::<0>(pages);
        (before != usize::MAX).then(|| ((before * PAGE) as *mut u8, pages * PAGE))
    })
}
