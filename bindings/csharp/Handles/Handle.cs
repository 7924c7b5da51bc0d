using System;
using Microsoft.Win32.SafeHandles;

namespace Twinspect.Handles
{
    /// <summary>
    /// Owns an object of the library. As an argument of a call it keeps that object alive until the call has returned,
    /// whatever the collector or another thread's Dispose does meanwhile.
    /// </summary>
    internal abstract class Handle : SafeHandleZeroOrMinusOneIsInvalid
    {
        protected Handle() : base(true) { }

        protected sealed override bool ReleaseHandle()
        {
            Destroy(handle);
            return true;
        }

        /// <summary>Gives the object back to the library, once, on any thread.</summary>
        protected abstract void Destroy(IntPtr value);
    }

    internal static class HandleChecks
    {
        /// <summary>
        /// The handle, if its object is not disposed of. The runtime would find that out, too, but without the object's name, and
        /// mono's would not let go of the other handles of that call any more.
        /// </summary>
        internal static T Live<T>(this T handle, string type) where T : Handle =>
            handle.IsClosed ? throw new ObjectDisposedException(type) : handle;
    }
}
