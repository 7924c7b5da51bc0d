using System;
using System.Threading;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>Statuses to exceptions.</summary>
    internal static unsafe class Failure
    {
        /// <summary>Throws what this thread's last call reported. To be called at once, on the same thread.</summary>
        internal static void Check(int status)
        {
            if (status != (int)ErrorCode.Ok) throw Of((ErrorCode)status, CancellationToken.None);
        }

        internal static Exception Of(ErrorCode code, CancellationToken cancellation)
        {
            var error = new tsp_error { struct_size = (uint)sizeof(tsp_error) };
            NativeMethods.tsp_last_error(&error);
            // A library of another version may refuse the struct, and then writes nothing.
            if (error.message == null) return Of(code, Utf8.Read(NativeMethods.tsp_status_name((int)code)), "", "", cancellation);
            return Of(code, Utf8.Read(error.message), Utf8.Read(error.hint), Utf8.Read(error.where), cancellation);
        }

        /// <summary>A mistake that only this side of the interface can see.</summary>
        internal static TwinspectArgumentException Argument(string reason, string hint, string where) =>
            new TwinspectArgumentException(ErrorCode.InvalidArgument, reason, hint, where);

        internal static TwinspectStateException Busy(string reason) =>
            new TwinspectStateException(ErrorCode.Busy, reason, "Use one object a thread, or wait until the other call has returned.", "");

        private static Exception Of(ErrorCode code, string reason, string hint, string where, CancellationToken cancellation)
        {
            switch (code)
            {
                case ErrorCode.Cancelled:
                    return new OperationCanceledException(reason, cancellation);
                case ErrorCode.NotFound:
                case ErrorCode.Io:
                case ErrorCode.Format:
                case ErrorCode.Version:
                case ErrorCode.Weights:
                    return new TwinspectIOException(code, reason, hint, where);
                case ErrorCode.NullArgument:
                case ErrorCode.InvalidArgument:
                case ErrorCode.Unsupported:
                case ErrorCode.BufferTooSmall:
                case ErrorCode.Image:
                case ErrorCode.ImageSize:
                case ErrorCode.TooFewImages:
                    return new TwinspectArgumentException(code, reason, hint, where);
                case ErrorCode.InvalidHandle:
                case ErrorCode.State:
                case ErrorCode.Busy:
                case ErrorCode.Forked:
                case ErrorCode.Panic:
                    return new TwinspectStateException(code, reason, hint, where);
                default:
                    return new TwinspectException(code, reason, hint, where);
            }
        }
    }
}
