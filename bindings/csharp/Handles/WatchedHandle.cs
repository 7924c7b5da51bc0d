using System;

namespace Twinspect.Handles
{
    /// <summary>Owns an object that calls back, and with it what it calls.</summary>
    internal abstract class WatchedHandle : Handle
    {
        /// <summary>Whom the object calls; freed after the object, which may call until then.</summary>
        internal Watcher Watcher;

        protected sealed override void Destroy(IntPtr value)
        {
            DestroyWatched(value);
            Watcher?.Free();
        }

        protected abstract void DestroyWatched(IntPtr value);
    }
}
