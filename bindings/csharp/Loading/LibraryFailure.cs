using System;
using System.IO;
using System.Text.RegularExpressions;

namespace Twinspect.Loading
{
    /// <summary>Why the library was not loaded, in words for the person who has to put it right.</summary>
    internal static class LibraryFailure
    {
        private const string Libtorch =
            "Put the libraries of libtorch 2.11.0 into the folder of twinspect's library, or name their folder in LD_LIBRARY_PATH "
            + "before the program starts.";

        // What glibc's and musl's loaders say of a library that another one needs.
        private static readonly Regex Needed = new Regex(
            @"(?:^|[ :])(?<name>[^\s:/]+\.so[^\s:]*): cannot open shared object file|Error loading shared library (?<name>[^\s:]+):");

        /// <summary>Throws if the file cannot be loaded. Before it is tried: at one that is cut off the system's loader crashes.</summary>
        internal static void CheckFile(string file)
        {
            if (!File.Exists(file))
            {
                throw new TwinspectLibraryException(LibraryPlaces.Variable + " names " + file + ", which does not exist",
                    "Set it to the path of " + LibraryPlaces.FileName + ", or unset it to have it looked for.", file);
            }
            var wrong = LibraryFile.WhatIsWrong(file);
            if (wrong != null)
            {
                throw new TwinspectLibraryException(file + " cannot be loaded: " + wrong,
                    "Replace it with the " + LibraryPlaces.FileName + " of this system and processor.", file);
            }
        }

        /// <param name="file">What was tried; null if the system was asked for a library of this name.</param>
        /// <param name="reason">What the system said.</param>
        internal static TwinspectLibraryException Explain(string file, string reason)
        {
            var found = file ?? LibraryPlaces.FileName;
            var needed = Needed.Match(reason).Groups["name"].Value;
            if (needed.StartsWith("libtorch", StringComparison.Ordinal) || needed.StartsWith("libc10", StringComparison.Ordinal))
            {
                return new TwinspectLibraryException(found + " needs " + needed + " of libtorch, which was not found", Libtorch, file);
            }
            if (needed != "" && !needed.StartsWith("libtwinspect", StringComparison.Ordinal))
            {
                return new TwinspectLibraryException(found + " needs " + needed + ", which was not found",
                    "Install the package of the system that holds it.", file);
            }
            if (reason.Contains("undefined symbol") || reason.Contains("symbol not found"))
            {
                return new TwinspectLibraryException(found + " does not fit the libtorch that was found: " + reason, Libtorch, file);
            }
            if (file == null)
            {
                return new TwinspectLibraryException(
                    LibraryPlaces.FileName + " was not found: not at " + string.Join(", ", LibraryPlaces.Listed()) + ", and not by the system (" + reason + ")",
                    "Put it beside the program, or set " + LibraryPlaces.Variable + " to its path.", null);
            }
            return new TwinspectLibraryException(file + " cannot be loaded: " + reason, "See what the system says, and whether the file may be read.", file);
        }
    }
}
