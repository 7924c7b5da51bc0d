using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Twinspect.Native;

namespace Twinspect.Handles
{
    /// <summary>Several views as the library takes them: an array of pointers, for as long as one call lasts.</summary>
    internal sealed unsafe class Pictures : IDisposable
    {
        private readonly PinnedImage[] pinned;
        private readonly tsp_image[] images;
        private GCHandle imagesPin;
        private readonly IntPtr[] pointers;
        private GCHandle pointersPin;

        /// <param name="views">Null = none at all.</param>
        /// <param name="name">The parameter's name, for a view that must not be null.</param>
        /// <param name="optional">Whether a view may be null.</param>
        internal Pictures(IReadOnlyList<ImageView> views, string name, bool optional)
        {
            var count = views == null ? 0 : views.Count;
            pinned = new PinnedImage[count];
            images = new tsp_image[count];
            pointers = new IntPtr[count];
            try
            {
                imagesPin = GCHandle.Alloc(images, GCHandleType.Pinned);
                pointersPin = GCHandle.Alloc(pointers, GCHandleType.Pinned);
                for (var i = 0; i < count; ++i)
                {
                    if (views[i] == null && !optional) throw new ArgumentNullException(name + "[" + i + "]");
                    var image = (tsp_image*)imagesPin.AddrOfPinnedObject() + i;
                    pointers[i] = (IntPtr)pinned[i].Pin(views[i], image);
                }
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        /// <summary>The array of pointers; null if there are no views.</summary>
        internal tsp_image** Pointers => pointers.Length == 0 ? null : (tsp_image**)pointersPin.AddrOfPinnedObject();

        public void Dispose()
        {
            for (var i = 0; i < pinned.Length; ++i) pinned[i].Release();
            if (imagesPin.IsAllocated) imagesPin.Free();
            if (pointersPin.IsAllocated) pointersPin.Free();
        }
    }
}
