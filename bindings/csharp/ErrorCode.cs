namespace Twinspect
{
    /// <summary>Which kind of failure. The numbers are the library's statuses and never change.</summary>
    public enum ErrorCode
    {
        /// <summary>Done.</summary>
        Ok = 0,

        /// <summary>A pointer that must not be NULL was NULL.</summary>
        NullArgument = 1,

        /// <summary>A value is outside of what the function accepts.</summary>
        InvalidArgument = 2,

        /// <summary>A handle is not, or no longer, of the expected object.</summary>
        InvalidHandle = 3,

        /// <summary>The call came in the wrong order.</summary>
        State = 4,

        /// <summary>The object is in use by another thread, or by its own callback.</summary>
        Busy = 5,

        /// <summary>Well-formed, but this build or this version cannot do it.</summary>
        Unsupported = 6,

        /// <summary>The caller's buffer does not hold the result.</summary>
        BufferTooSmall = 7,

        /// <summary>The pixels cannot be used: stride, format, not finite, damaged file.</summary>
        Image = 8,

        /// <summary>The width or height does not fit.</summary>
        ImageSize = 9,

        /// <summary>A file or folder does not exist.</summary>
        NotFound = 10,

        /// <summary>The system could not read or write.</summary>
        Io = 11,

        /// <summary>The file is not of the expected format, or damaged.</summary>
        Format = 12,

        /// <summary>The file or library is of a version that cannot be used.</summary>
        Version = 13,

        /// <summary>A network's weights are missing, or not the expected ones.</summary>
        Weights = 14,

        /// <summary>The device does not exist or cannot be used.</summary>
        Device = 15,

        /// <summary>Host or device memory is exhausted.</summary>
        Memory = 16,

        /// <summary>There are fewer normal images than the work needs.</summary>
        TooFewImages = 17,

        /// <summary>A number came out that is not finite.</summary>
        Numeric = 18,

        /// <summary>The caller's progress function asked to stop.</summary>
        Cancelled = 19,

        /// <summary>The process was forked after the library had been used.</summary>
        Forked = 20,

        /// <summary>libtorch reported a failure of its own.</summary>
        Torch = 21,

        /// <summary>A defect of twinspect; the object in use can only be destroyed.</summary>
        Panic = 22,
    }
}
