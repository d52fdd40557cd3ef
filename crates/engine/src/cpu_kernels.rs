//! Our own kernels in place of the engine's on a CPU, for the sake of rows that do not depend on their neighbours.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::quantized::ggml_file::WEIGHTS_ALLOCATED;
use candle_core::quantized::{CPU_MATMUL, GgmlDType};
use candle_core::utils::barrier_pool;
use candle_core::{CpuStorage, Device, Error, Layout, Result, Storage, Tensor, TensorId};
use mistralrs_core::BatchSequence;
use tramontane_kernels::{
    Attention, BlockType, Data, IntegerLevel, Level, Mask, MaskRanges, QuantisedMatrix, Sees, Threads, View, attention,
    matmul_transposed, quantised_matmul, swiglu,
};

use crate::memory::prefer_large_pages;

/// Has the engine compute with them from now on, on weights in large pages. Must come before the first model runs.
pub(crate) fn use_our_kernels() {
    // Whoever was first set the same.
    let _ = mistralrs_core::CPU_ATTENTION.set(tensor_attention);
    let _ = mistralrs_core::CPU_BATCH_ATTENTION.set(batch_attention);
    let _ = mistralrs_core::CPU_SWIGLU.set(tensor_swiglu);
    let _ = CPU_MATMUL.set(tensor_matmul);
    let _ = WEIGHTS_ALLOCATED.set(prefer_large_pages);
    let _ = candle_core::cpu_backend::MATMUL_TRANSPOSED.set(
        |rows, columns, width, lhs, lhs_stride, rhs, rhs_stride, out| {
            let shape = [rows, columns, width];
            matmul_transposed(Level::best(), &Pool, shape, lhs, lhs_stride, rhs, rhs_stride, out);
        },
    );
}

/// A product with a matrix in blocks of 32. Where we have no vector instructions for it, candle's own kernels are better.
fn tensor_matmul(dtype: GgmlDType, (_, k, n): (usize, usize, usize), lhs: &[f32], rhs: &[u8], dst: &mut [f32]) -> bool {
    let block_type = match dtype {
        GgmlDType::Q4_0 => BlockType::Q4_0,
        GgmlDType::Q4_1 => BlockType::Q4_1,
        GgmlDType::Q5_0 => BlockType::Q5_0,
        GgmlDType::Q5_1 => BlockType::Q5_1,
        GgmlDType::Q8_0 => BlockType::Q8_0,
        _ => return false,
    };
    let Some(level) = IntegerLevel::best() else { return false };
    let Ok(weights) = QuantisedMatrix::new(block_type, rhs, n, k) else { return false };
    quantised_matmul(&weights, lhs, dst, level, &Pool);
    true
}

/// [`swiglu`] of tensors of the same shape, in f32.
fn tensor_swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if gate.shape() != up.shape() {
        candle_core::bail!("a gated unit of shapes {:?} and {:?}", gate.shape(), up.shape());
    }
    let (gate, up) = (gate.contiguous()?, up.contiguous()?);
    let count = gate.elem_count();
    let ((gate_storage, gate_layout), (up_storage, up_layout)) = (gate.storage_and_layout(), up.storage_and_layout());
    let mut out = vec![0.0; count];
    match (data(&gate_storage, gate_layout)?, data(&up_storage, up_layout)?) {
        (Data::F32(gate), Data::F32(up)) => swiglu(Level::best(), &Pool, &gate[..count], &up[..count], &mut out),
        _ => candle_core::bail!("a gated unit of other numbers than f32"),
    }
    Tensor::from_vec(out, gate.shape(), &Device::Cpu)
}

/// The threads on which candle computes its products: they are awake already.
struct Pool;

impl Threads for Pool {
    fn count(&self) -> usize {
        barrier_pool().n_workers() + 1
    }

    fn each(&self, units: usize, work: &(dyn Fn(usize) + Sync)) {
        if units <= 1 {
            return (0..units).for_each(work);
        }
        let next = AtomicUsize::new(0);
        barrier_pool().execute(|_| {
            loop {
                let unit = next.fetch_add(1, Ordering::Relaxed);
                if unit >= units {
                    break;
                }
                work(unit);
            }
        });
    }
}

thread_local! {
    /// What the last mask leaves to be seen: every layer has the same mask.
    static RANGES: RefCell<Option<(TensorId, usize, Rc<MaskRanges>)>> = const { RefCell::new(None) };
}

/// [`attention`] of tensors: `q`, `k` and `v` as (batch, tokens, heads, width), the result as (batch, heads, tokens, width).
fn tensor_attention(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    mask: Option<&Tensor>,
    scale: f32,
    softcap: Option<f32>,
) -> Result<Tensor> {
    let (q_storage, q_layout) = q.storage_and_layout();
    let (k_storage, k_layout) = k.storage_and_layout();
    let (v_storage, v_layout) = v.storage_and_layout();
    let keys = k.dim(1)?;
    let mask_storage = mask.map(|mask| (mask.id(), mask.storage_and_layout()));
    let mask = match &mask_storage {
        Some((id, (storage, layout))) => {
            let mask = Mask::new(data(storage, layout)?, layout.dims(), layout.stride()).map_err(Error::msg)?;
            Some((mask, ranges(*id, &mask, keys)))
        }
        None => None,
    };
    let job = Attention {
        queries: view(&q_storage, q_layout)?,
        keys: view(&k_storage, k_layout)?,
        values: view(&v_storage, v_layout)?,
        sees: mask.as_ref().map_or(Sees::All, |(mask, ranges)| Sees::Unmasked(*mask, ranges)),
        scale,
        softcap,
    };
    let (batch, queries, heads, _) = q.dims4()?;
    let width = v.dim(3)?;
    let mut out = vec![0.0; batch * queries * heads * width];
    attention(Level::best(), &Pool, &[job], &mut out).map_err(Error::msg)?;
    // What comes next joins the heads of a token: they are side by side already.
    Tensor::from_vec(out, (batch, queries, heads, width), &Device::Cpu)?.to_dtype(q.dtype())?.transpose(1, 2)
}

/// [`attention`] of several sequences: `q` as (rows, 1, heads, width), the result as (rows, heads, 1, width).
fn batch_attention(q: &Tensor, sequences: &[BatchSequence], scale: f32, softcap: Option<f32>) -> Result<Tensor> {
    let (rows, _, heads, _) = q.dims4()?;
    let (q_storage, q_layout) = q.storage_and_layout();
    let held: Vec<_> = sequences.iter().map(|(k, v, _)| (k.storage_and_layout(), v.storage_and_layout())).collect();
    let mut jobs = Vec::with_capacity(sequences.len());
    let mut first = 0;
    for ((.., count), ((k_storage, k_layout), (v_storage, v_layout))) in sequences.iter().zip(&held) {
        let queries = q_layout.narrow(0, first, *count)?.transpose(0, 1)?;
        first += count;
        jobs.push(Attention {
            queries: view(&q_storage, &queries)?,
            keys: view(k_storage, &k_layout.transpose(1, 2)?)?,
            values: view(v_storage, &v_layout.transpose(1, 2)?)?,
            sees: Sees::UpToItself,
            scale,
            softcap,
        });
    }
    let width = sequences[0].1.dim(3)?;
    let mut out = vec![0.0; rows * heads * width];
    attention(Level::best(), &Pool, &jobs, &mut out).map_err(Error::msg)?;
    Tensor::from_vec(out, (rows, heads, 1, width), &Device::Cpu)?.to_dtype(q.dtype())
}

fn ranges(id: TensorId, mask: &Mask, keys: usize) -> Rc<MaskRanges> {
    RANGES.with_borrow_mut(|last| match last {
        Some((of, for_keys, ranges)) if *of == id && *for_keys == keys => Rc::clone(ranges),
        _ => {
            let ranges = Rc::new(MaskRanges::new(mask, keys));
            *last = Some((id, keys, Rc::clone(&ranges)));
            ranges
        }
    })
}

fn view<'a>(storage: &'a Storage, layout: &Layout) -> Result<View<'a>> {
    let (dims, stride) = (layout.dims(), layout.stride());
    match (dims.try_into(), stride.try_into()) {
        (Ok(dims), Ok(stride)) => View::new(data(storage, layout)?, dims, stride).map_err(Error::msg),
        _ => candle_core::bail!("attention of a tensor of shape {dims:?}; it takes four dimensions"),
    }
}

fn data<'a>(storage: &'a Storage, layout: &Layout) -> Result<Data<'a>> {
    let start = layout.start_offset();
    Ok(match storage {
        Storage::Cpu(CpuStorage::F32(data)) => Data::F32(&data[start..]),
        Storage::Cpu(CpuStorage::F16(data)) => Data::F16(&data[start..]),
        Storage::Cpu(CpuStorage::BF16(data)) => Data::BF16(&data[start..]),
        _ => candle_core::bail!("attention on a CPU takes f32, f16 or bf16 in its memory"),
    })
}
