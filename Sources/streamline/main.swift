print("streamline")
