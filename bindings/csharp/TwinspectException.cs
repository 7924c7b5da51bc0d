using System;

namespace Twinspect
{
    /// <summary>
    /// A failure that the library reports: which kind, what went wrong, and what to do about it.
    /// <see cref="Exception.Message"/> is one line for a log: "where: reason. hint".
    /// </summary>
    /// <remarks>
    /// A part that is not good is no failure: see <see cref="Verdict"/>. Cancelled work throws
    /// <see cref="OperationCanceledException"/>, a library that cannot be loaded <see cref="TwinspectLibraryException"/>.
    /// </remarks>
    public class TwinspectException : Exception
    {
        /// <summary>Makes a failure; empty texts are left out of the message.</summary>
        public TwinspectException(ErrorCode code, string reason, string hint, string where)
            : base((string.IsNullOrEmpty(where) ? "" : where + ": ") + reason + (string.IsNullOrEmpty(hint) ? "" : ". " + hint))
        {
            Code = code;
            Reason = reason;
            Hint = hint ?? "";
            Where = where ?? "";
        }

        /// <summary>Which kind of failure.</summary>
        public ErrorCode Code { get; }

        /// <summary>What went wrong, in one line: which value, and which are allowed.</summary>
        public string Reason { get; }

        /// <summary>What to do about it, a whole sentence; may be empty.</summary>
        public string Hint { get; }

        /// <summary>A file, an image's name or an option's key; may be empty.</summary>
        public string Where { get; }
    }

    /// <summary>
    /// A file that is missing, cannot be read or written, or is not what it should be: <see cref="ErrorCode.NotFound"/>,
    /// Io, Format, Version, Weights.
    /// </summary>
    public sealed class TwinspectIOException : TwinspectException
    {
        /// <summary>Makes a failure; empty texts are left out of the message.</summary>
        public TwinspectIOException(ErrorCode code, string reason, string hint, string where) : base(code, reason, hint, where) { }
    }

    /// <summary>
    /// A value that cannot be used: <see cref="ErrorCode.InvalidArgument"/>, NullArgument, Unsupported, BufferTooSmall,
    /// Image, ImageSize, TooFewImages.
    /// </summary>
    public sealed class TwinspectArgumentException : TwinspectException
    {
        /// <summary>Makes a failure; empty texts are left out of the message.</summary>
        public TwinspectArgumentException(ErrorCode code, string reason, string hint, string where) : base(code, reason, hint, where) { }
    }

    /// <summary>
    /// A call at the wrong time: <see cref="ErrorCode.State"/> (order of calls), Busy (another thread), Forked,
    /// InvalidHandle, Panic (the object can only be disposed of).
    /// </summary>
    public sealed class TwinspectStateException : TwinspectException
    {
        /// <summary>Makes a failure; empty texts are left out of the message.</summary>
        public TwinspectStateException(ErrorCode code, string reason, string hint, string where) : base(code, reason, hint, where) { }
    }
}
