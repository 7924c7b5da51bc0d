using Twinspect.Native;

namespace Twinspect
{
    /// <summary>A place to compute at.</summary>
    public sealed class Device
    {
        internal unsafe Device(tsp_device* device)
        {
            Option = Utf8.Read(device->option);
            Name = Utf8.Read(device->name);
            MemoryBytes = (long)device->memory_bytes;
            ComputeMajor = (int)device->compute_major;
            ComputeMinor = (int)device->compute_minor;
        }

        /// <summary>The value of the option "device" for it, such as "cpu" or "cuda:0".</summary>
        public string Option { get; }

        /// <summary>"CPU", or the vendor's name of the GPU.</summary>
        public string Name { get; }

        /// <summary>Its memory in bytes; 0 if unknown.</summary>
        public long MemoryBytes { get; }

        /// <summary>Major version of what a GPU can do, its compute capability; 0 of the CPU or if unknown.</summary>
        public int ComputeMajor { get; }

        /// <summary>Its minor version.</summary>
        public int ComputeMinor { get; }
    }
}
