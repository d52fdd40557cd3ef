//! The names of quantisations, as mistralrs and as model files spell them.

use candle_core::Device;
use mistralrs_core::{IsqType, parse_isq_value};
use tramontane_error::Error;

use crate::load_options::IsqOption;

/// The quantisation that `option` asks for on `device`.
///
/// Numbers take what mistralrs holds best for that many bits on that device. Names are mistralrs's own, in any case,
/// and with the underscore of GGUF files where those have one (`Q4_K`).
pub(crate) fn isq_type(option: &IsqOption, device: &Device) -> Result<IsqType, Error> {
    let name = match option {
        IsqOption::Bits(bits @ (2..=6 | 8)) => bits.to_string(),
        IsqOption::Bits(bits) => {
            return Err(Error::invalid_argument(
                "isq",
                format!("isq is {bits}; a number of bits can be 2, 3, 4, 5, 6 or 8"),
            ));
        }
        IsqOption::Type(name) => name.to_ascii_lowercase().replace("_k", "k"),
    };
    parse_isq_value(&name, Some(device))
        .map_err(|reason| Error::invalid_argument("isq", format!("isq cannot be used: {reason}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tramontane_error::ErrorCode;

    fn named(name: &str) -> Result<IsqType, Error> {
        isq_type(&IsqOption::Type(name.into()), &Device::Cpu)
    }

    #[test]
    fn bits_and_names_are_understood() {
        assert_eq!(isq_type(&IsqOption::Bits(4), &Device::Cpu).unwrap(), IsqType::Q4K);
        assert_eq!(isq_type(&IsqOption::Bits(8), &Device::Cpu).unwrap(), IsqType::Q8_0);
        assert_eq!(named("Q4_K").unwrap(), IsqType::Q4K);
        assert_eq!(named("q8_0").unwrap(), IsqType::Q8_0);
    }

    #[test]
    fn what_is_not_a_quantisation_is_refused_by_name() {
        for refused in [named("Q9"), isq_type(&IsqOption::Bits(7), &Device::Cpu)] {
            let error = refused.unwrap_err();
            assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("isq")));
        }
    }
}
