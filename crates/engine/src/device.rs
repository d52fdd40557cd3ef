//! Where a model runs, and in what its activations are computed.

use candle_core::{DType, Device};
use mistralrs_core::ModelDType;
use tramontane_error::{Error, ErrorCode};

/// Opens the device that `name` asks for; `auto` is CUDA, then Metal, then the CPU, as far as the build has them.
pub(crate) fn open_device(name: Option<&str>) -> Result<Device, Error> {
    match name.unwrap_or("auto") {
        "auto" => {
            let accelerator = if cfg!(feature = "cuda") {
                Device::new_cuda(0)
            } else if cfg!(feature = "metal") {
                Device::new_metal(0)
            } else {
                return Ok(Device::Cpu);
            };
            Ok(accelerator.unwrap_or(Device::Cpu))
        }
        "cpu" => Ok(Device::Cpu),
        "metal" => opened("metal", cfg!(feature = "metal"), || Device::new_metal(0)),
        "cuda" => opened("cuda", cfg!(feature = "cuda"), || Device::new_cuda(0)),
        other => match other.strip_prefix("cuda:").and_then(|index| index.parse().ok()) {
            Some(index) => opened(other, cfg!(feature = "cuda"), || Device::new_cuda(index)),
            None => Err(Error::invalid_argument(
                "device",
                format!("device is '{other}'; it can be auto, cpu, cuda, cuda:N or metal"),
            )),
        },
    }
}

fn opened(
    name: &str,
    in_this_build: bool,
    open: impl FnOnce() -> candle_core::Result<Device>,
) -> Result<Device, Error> {
    let unsupported = |reason: String| {
        Err(Error::new(
            ErrorCode::UnsupportedDevice,
            format!("device '{name}' cannot be used: {reason}; device 'auto' takes what there is"),
        )
        .with_field("device"))
    };
    if !in_this_build {
        return unsupported("this build of tramontane does not include it".into());
    }
    open().or_else(|e| unsupported(e.to_string()))
}

/// A device in the words of the options.
pub(crate) fn device_name(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => "cpu".into(),
        candle_core::DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        candle_core::DeviceLocation::Metal { .. } => "metal".into(),
    }
}

/// What activations are computed in. On a CPU `auto` is F32: mistralrs's own choice there, F16, is slower to compute with.
pub(crate) fn model_dtype(name: Option<&str>, device: &Device) -> Result<ModelDType, Error> {
    match name.unwrap_or("auto") {
        "auto" if device.is_cpu() => Ok(ModelDType::F32),
        "auto" => Ok(ModelDType::Auto),
        "f32" => Ok(ModelDType::F32),
        "f16" => Ok(ModelDType::F16),
        "bf16" if device.is_cpu() => {
            Err(Error::invalid_argument("dtype", "dtype bf16 cannot be computed on the CPU; use f32 or f16"))
        }
        "bf16" => Ok(ModelDType::BF16),
        other => Err(Error::invalid_argument("dtype", format!("dtype is '{other}'; it can be auto, f32, f16 or bf16"))),
    }
}

/// A dtype in the words of the options.
pub(crate) fn dtype_name(dtype: DType) -> String {
    dtype.as_str().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_device_is_named() {
        let error = open_device(Some("tpu")).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("device")));
    }

    #[test]
    fn an_unknown_dtype_is_named() {
        let error = model_dtype(Some("f8"), &Device::Cpu).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("dtype")));
    }

    #[cfg(not(any(feature = "cuda", feature = "metal")))]
    #[test]
    fn a_device_that_this_build_lacks_is_unsupported() {
        for name in ["cuda", "cuda:1", "metal"] {
            assert_eq!(open_device(Some(name)).unwrap_err().code, ErrorCode::UnsupportedDevice);
        }
        assert!(open_device(None).unwrap().is_cpu());
    }
}
