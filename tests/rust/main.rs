//! The integration tests of the crate, one module a room; one binary, so that libtorch is linked once.

mod adaptor;
mod backbones;
mod c_program;
mod cli;
mod dedode;
mod exports;
mod ffi;
mod header;
mod image;
mod legacy;
mod map;
mod matching;
mod metrics;
mod model;
mod oracle;
mod parts;
mod recipes;
mod regions;
mod registration;
mod render;
mod skip;
mod statistics;
mod turned;
mod verdict;
mod weights;
mod xfeat;
