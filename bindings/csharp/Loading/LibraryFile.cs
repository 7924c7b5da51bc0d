using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;

namespace Twinspect.Loading
{
    /// <summary>What the first bytes of a library's file say about whom it is for.</summary>
    internal static class LibraryFile
    {
        // e_machine of ELF, and the machine of Windows' files.
        private static readonly Dictionary<int, string> ElfMachines = new Dictionary<int, string>
            { { 3, "x86" }, { 40, "Arm" }, { 62, "X64" }, { 183, "Arm64" }, { 243, "RiscV64" } };
        private static readonly Dictionary<int, string> WindowsMachines = new Dictionary<int, string>
            { { 0x14c, "x86" }, { 0x8664, "X64" }, { 0xaa64, "Arm64" } };

        /// <summary>Why this process cannot load the file; null if nothing speaks against it here.</summary>
        internal static string WhatIsWrong(string file)
        {
            byte[] head;
            try
            {
                head = Head(file);
            }
            catch (Exception exception) when (exception is IOException || exception is UnauthorizedAccessException)
            {
                return "it cannot be read (" + exception.Message + ")";
            }
            if (head.Length == 0) return "it is empty";

            string system, machine;
            if (Starts(head, 0x7f, (byte)'E', (byte)'L', (byte)'F') && head.Length >= 20)
            {
                if (head[4] == 1) return "it is a 32-bit library, and this is a 64-bit process";
                long length = new FileInfo(file).Length, needed = ElfBytes(head);
                if (length < needed) return "it is cut off: it has " + length + " bytes, and should have " + needed + " or more";
                system = "Linux";
                machine = Machine(ElfMachines, head[5] == 2 ? head[18] << 8 | head[19] : head[19] << 8 | head[18]);
            }
            else if (Starts(head, (byte)'M', (byte)'Z') && head.Length >= 64)
            {
                system = "Windows";
                var at = BitConverter.ToInt32(head, 60);
                machine = at >= 0 && at <= head.Length - 6 ? Machine(WindowsMachines, BitConverter.ToUInt16(head, at + 4)) : null;
            }
            else if (Starts(head, 0xcf, 0xfa, 0xed, 0xfe) && head.Length >= 8)
            {
                system = "macOS";
                machine = BitConverter.ToInt32(head, 4) == 0x0100000c ? "Arm64" : "X64";
            }
            else
            {
                return "it is no library: " + new FileInfo(file).Length + " bytes that do not start as one does";
            }

            var here = RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? "Windows"
                : RuntimeInformation.IsOSPlatform(OSPlatform.OSX) ? "macOS" : "Linux";
            var process = RuntimeInformation.ProcessArchitecture.ToString();
            if (system == here && (machine == null || machine == process)) return null;
            return "it is for " + system + (machine == null ? "" : " on " + machine) + ", and this process is for " + here + " on " + process;
        }

        /// <summary>Up to where a 64-bit ELF file is loaded, by those of its program headers that are in its head.</summary>
        private static long ElfBytes(byte[] head)
        {
            const int Load = 1, HeaderBytes = 56;
            if (head.Length < 64 || head[5] != 1) return 64;
            long needed = 64, at = BitConverter.ToInt64(head, 32);
            for (var i = BitConverter.ToUInt16(head, 56); i > 0 && at >= 0 && at + HeaderBytes <= head.Length; --i, at += HeaderBytes)
            {
                if (BitConverter.ToInt32(head, (int)at) != Load) continue;
                needed = Math.Max(needed, unchecked(BitConverter.ToInt64(head, (int)at + 8) + BitConverter.ToInt64(head, (int)at + 32)));
            }
            return needed;
        }

        private static string Machine(Dictionary<int, string> names, int number) =>
            names.TryGetValue(number, out var name) ? name : "a processor with the number " + number;

        private static byte[] Head(string file)
        {
            using (var stream = File.OpenRead(file))
            {
                var head = new byte[1024];
                var read = 0;
                for (int more; (more = stream.Read(head, read, head.Length - read)) > 0;) read += more;
                Array.Resize(ref head, read);
                return head;
            }
        }

        private static bool Starts(byte[] head, params byte[] magic)
        {
            for (var i = 0; i < magic.Length; ++i)
            {
                if (i >= head.Length || head[i] != magic[i]) return false;
            }
            return true;
        }
    }
}
