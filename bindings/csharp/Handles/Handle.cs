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
}
