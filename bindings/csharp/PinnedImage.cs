using System;
using System.Runtime.InteropServices;
using Twinspect.Native;

namespace Twinspect
{
    /// <summary>A view as the library takes it, for as long as one call lasts.</summary>
    internal unsafe struct PinnedImage
    {
        /// <summary>Where one view can be put, if this struct is a local variable.</summary>
        internal tsp_image Image;

        private GCHandle first;
        private GCHandle second;
        private GCHandle third;

        /// <summary>Pins the view's arrays, writes it to image, and returns image; null for no view.</summary>
        /// <remarks>A struct, so that an inspection allocates nothing. <see cref="Release"/> must follow, whatever happens.</remarks>
        internal tsp_image* Pin(ImageView view, tsp_image* image)
        {
            if (view == null) return null;
            *image = new tsp_image
            {
                struct_size = (uint)sizeof(tsp_image),
                format = (int)view.Format,
                width = unchecked((uint)view.Width),
                height = unchecked((uint)view.Height),
                row_stride = view.RowStride,
                white = view.White,
                plane0 = Pin(view, 0, ref first),
            };
            if (view.Format.IsPlanar())
            {
                image->plane1 = Pin(view, 1, ref second);
                image->plane2 = Pin(view, 2, ref third);
            }
            return image;
        }

        internal void Release()
        {
            if (first.IsAllocated) first.Free();
            if (second.IsAllocated) second.Free();
            if (third.IsAllocated) third.Free();
        }

        private static void* Pin(ImageView view, int plane, ref GCHandle handle)
        {
            var array = view.ArrayOf(plane);
            if (array == null) return (void*)view.OriginOf(plane);
            handle = GCHandle.Alloc(array, GCHandleType.Pinned);
            return (byte*)handle.AddrOfPinnedObject() + view.OriginOf(plane);
        }
    }
}
