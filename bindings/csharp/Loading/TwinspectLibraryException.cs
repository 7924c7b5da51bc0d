using System;

namespace Twinspect
{
    /// <summary>The library, or one that it needs, cannot be loaded: missing, damaged, or for another computer.</summary>
    public sealed class TwinspectLibraryException : DllNotFoundException
    {
        /// <summary>Makes a failure.</summary>
        /// <param name="reason">What is wrong, in one line.</param>
        /// <param name="hint">What to do about it, a whole sentence.</param>
        /// <param name="libraryPath">The file that was tried; null if none was found.</param>
        public TwinspectLibraryException(string reason, string hint, string libraryPath) : base(reason + ". " + hint)
        {
            Hint = hint;
            LibraryPath = libraryPath;
        }

        /// <summary>What to do about it, a whole sentence.</summary>
        public string Hint { get; }

        /// <summary>The file that was tried; null if none was found.</summary>
        public string LibraryPath { get; }
    }
}
